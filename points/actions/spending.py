"""Using points, and giving them back."""

from datetime import datetime
from typing import TYPE_CHECKING

from points.holders import Holder
from points.models import Programme, Transfer

if TYPE_CHECKING:
    from accounts.models import User


def spend(
    *,
    holder: Holder,
    programme: Programme,
    points: int,
    source: str,
    reason: str,
    by: "User | None",
    key: str,
    memo: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Take spendable points, the soonest to expire first."""
    raise NotImplementedError


def refund(
    *,
    transfer_id: int,
    source: str,
    by: "User | None",
    key: str,
    memo: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Give back all that a spend took, to the buckets it came from."""
    raise NotImplementedError
