"""Giving points, and taking an award back."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from points.holders import Holder
from points.models import Programme, Transfer

if TYPE_CHECKING:
    from accounts.models import User


class Award(NamedTuple):
    """What came of an award: `cut` points were cut off by a cap and are to be shown.

    `transfer` is None when a cap cut everything. `first` is False for a repeat.
    """

    transfer: Transfer | None
    points: int
    cut: int
    first: bool


def award(
    *,
    to: Holder,
    programme: Programme,
    rule_code: str,
    source: str,
    reason: str,
    by: "User | None",
    quantity: Decimal | int = 1,
    district_id: int | None = None,
    at: datetime | None = None,
    memo: str = "",
    key: str | None = None,
) -> Award:
    """Give what the rule in force at `at` says, once per (source, reason)."""
    raise NotImplementedError


def reverse(*, transfer_id: int, by: "User | None", memo: str, key: str) -> Transfer:
    """Take an award back by an opposite transfer that names it."""
    raise NotImplementedError
