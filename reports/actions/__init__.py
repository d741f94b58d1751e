"""Every change of a report, one verb each. Lock the report first, then what belongs to it.

| lock | by |
|---|---|
| report row (then, for closing, the reporter's ledger account) | every verb |
| draft row, then the insert of a report with its key | submit_report |
"""

from reports.actions.close import close_report, redo_report
from reports.actions.dispatch import dispatch, dispatch_by_hand
from reports.actions.drafts import discard_draft, drop_photo, purge_drafts, save_draft
from reports.actions.orders import add_after_photo, finish_order, take_order
from reports.actions.photos import add_photo, record_failed, record_processed
from reports.actions.submit import submit_report
from reports.actions.verify import refuse_report, verify_report
from reports.errors import DispatchRefused, OrderRefused, ReportRefused

__all__ = [
    "DispatchRefused",
    "OrderRefused",
    "ReportRefused",
    "add_after_photo",
    "add_photo",
    "close_report",
    "discard_draft",
    "dispatch",
    "dispatch_by_hand",
    "drop_photo",
    "finish_order",
    "purge_drafts",
    "record_failed",
    "record_processed",
    "redo_report",
    "refuse_report",
    "save_draft",
    "submit_report",
    "take_order",
    "verify_report",
]
