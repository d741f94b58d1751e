"""Awards and spends by the thousand, for imports and the demo city."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from points.holders import Holder
from points.models import Programme

if TYPE_CHECKING:
    from accounts.models import User


class BulkAward(NamedTuple):
    to: Holder
    rule_code: str
    source: str
    reason: str
    at: datetime
    quantity: Decimal | int = 1
    district_id: int | None = None
    memo: str = ""


class BulkSpend(NamedTuple):
    holder: Holder
    points: int
    source: str
    reason: str
    at: datetime
    key: str
    memo: str = ""


def bulk_award(*, programme: Programme, rows: Iterable[BulkAward], by: "User | None" = None) -> int:
    """Award all rows in one transaction; returns how many were new."""
    raise NotImplementedError


def bulk_spend(
    *, programme: Programme, rows: Iterable[BulkSpend], by: "User | None" = None
) -> dict[str, int]:
    """Spend all rows in one transaction; returns key → transfer id of those that had enough."""
    raise NotImplementedError
