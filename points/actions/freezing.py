"""Freezing what a holder has: nothing can be spent until it is thawed."""

from typing import TYPE_CHECKING

from points.holders import Holder
from points.models import Programme

if TYPE_CHECKING:
    from accounts.models import User


def freeze(*, holder: Holder, programme: Programme, by: "User | None", why: str) -> None:
    raise NotImplementedError


def unfreeze(*, holder: Holder, programme: Programme, by: "User | None", why: str) -> None:
    raise NotImplementedError
