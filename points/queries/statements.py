"""The rows of 积分明细."""

from datetime import date
from typing import NamedTuple

from points.holders import Holder
from points.models import Programme


class StatementRow(NamedTuple):
    """One line: `points` is signed, `cut` what a cap cut off, `link` the page of the source."""

    id: int
    date: date
    points: int
    words: str
    memo: str
    link: str
    balance: int
    expires_on: date | None
    cut: int
    kind: str
    is_reversal: bool
    is_reversed: bool


def statement(
    holder: Holder, programme: Programme, *, before_id: int | None = None, limit: int = 50
) -> list[StatementRow]:
    """The latest rows of the holder's spendable account, newest first; older with `before_id`."""
    raise NotImplementedError
