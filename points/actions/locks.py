"""The one place where accounts are opened and locked."""

from collections.abc import Iterable

from points.holders import Holder
from points.models import Programme


def hold(*, programme: Programme, holders: Iterable[Holder]) -> None:
    """Open and lock the holders' accounts, ascending by id.

    For a transaction that will award or spend for several people: call it first, so that two
    such transactions can't wait for each other.
    """
    raise NotImplementedError
