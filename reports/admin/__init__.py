"""The market manager's desk for reports, in the admin."""

from reports.admin.report import ReportAdmin
from reports.admin.setup import CategoryAdmin, DispatchRuleAdmin
from reports.admin.stuck import FollowUpAdmin, PhotoAdmin

__all__ = ["CategoryAdmin", "DispatchRuleAdmin", "FollowUpAdmin", "PhotoAdmin", "ReportAdmin"]
