"""A report, its photos, its history, and who was told to put it right."""

from reports.models.categories import Category, DispatchRule
from reports.models.orders import Order
from reports.models.photos import Draft, Photo
from reports.models.reports import FollowUp, Report, ReportMove, new_number

__all__ = [
    "Category",
    "DispatchRule",
    "Draft",
    "FollowUp",
    "Order",
    "Photo",
    "Report",
    "ReportMove",
    "new_number",
]
