"""Every change of the ledger. Rooms above call these and nothing else.

All of them take the same locks in the same order (docs/locking.md) and work inside a caller's
transaction: what they wrote is undone with it.
"""

from points.actions.awards import Award, award, reverse
from points.actions.bulk import BulkAward, BulkSpend, bulk_award, bulk_spend
from points.actions.expiry import Expired, expire
from points.actions.freezing import freeze, unfreeze
from points.actions.locks import hold
from points.actions.programmes import Loaded, load_programme
from points.actions.spending import refund, spend
from points.errors import PointsRefused
from points.holders import Holder, household, merchant, person

__all__ = [
    "Award",
    "BulkAward",
    "BulkSpend",
    "Expired",
    "Holder",
    "Loaded",
    "PointsRefused",
    "award",
    "bulk_award",
    "bulk_spend",
    "expire",
    "freeze",
    "hold",
    "household",
    "load_programme",
    "merchant",
    "person",
    "refund",
    "reverse",
    "spend",
    "unfreeze",
]
