"""Letting points die when their month has passed."""

from datetime import date
from typing import NamedTuple


class Expired(NamedTuple):
    accounts: int
    buckets: int
    points: int


def expire(*, on: date, chunk: int = 1000) -> Expired:
    """Expire everything whose last day is before `on`, by chunks of accounts."""
    raise NotImplementedError
