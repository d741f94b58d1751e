"""Reads of reports: rows ready for a page, here and in other rooms."""

from reports.queries.choices import stall_by_number, type_groups
from reports.queries.dispatching import broken_part, rule_for
from reports.queries.drafts import draft_for, draft_photos
from reports.queries.lists import Figures, Fixed, figures, lately_fixed, mine, of_stall
from reports.queries.orders import cards, counts, order_for, orders_of
from reports.queries.page import clock, picture, pictures, report_for, timeline
from reports.queries.photos import after_photos, good_before_photos
from reports.queries.rights import is_handler, is_manager, moves_allowed

__all__ = [
    "Figures",
    "Fixed",
    "after_photos",
    "broken_part",
    "cards",
    "clock",
    "counts",
    "draft_for",
    "draft_photos",
    "figures",
    "good_before_photos",
    "is_handler",
    "is_manager",
    "lately_fixed",
    "mine",
    "moves_allowed",
    "of_stall",
    "order_for",
    "orders_of",
    "picture",
    "pictures",
    "report_for",
    "rule_for",
    "stall_by_number",
    "timeline",
    "type_groups",
]
