"""Freezing what a holder has: nothing can be spent until it is thawed.

A frozen account still earns, is refunded, reversed and expires.
"""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from points.actions.locks import lock_by_id
from points.errors import PointsRefused
from points.holders import Holder
from points.models import Account, FreezeMove, Programme

if TYPE_CHECKING:
    from accounts.models import User


def freeze(*, holder: Holder, programme: Programme, by: "User | None", why: str) -> None:
    """Stop the holder from spending. Locks the accounts. Refusal: unknown_account."""
    _move(holder, programme, frozen=True, by=by, why=why)


def unfreeze(*, holder: Holder, programme: Programme, by: "User | None", why: str) -> None:
    """Let the holder spend again. Locks the accounts. Refusal: unknown_account."""
    _move(holder, programme, frozen=False, by=by, why=why)


@transaction.atomic
def _move(
    holder: Holder, programme: Programme, *, frozen: bool, by: "User | None", why: str
) -> None:
    accounts = Account.objects.filter(
        programme=programme, kind=holder.kind, holder_id=holder.id
    ).order_by("id")
    locked = lock_by_id(account.pk for account in accounts)
    if not locked:
        raise PointsRefused("unknown_account", holder=holder)
    now = timezone.now()
    for account in accounts.all():
        if bool(account.frozen_at) == frozen:
            continue  # a repeat leaves the first moment and reason as they are
        account.frozen_at = now if frozen else None
        account.save(update_fields=["frozen_at"])
        FreezeMove.objects.create(account=account, frozen=frozen, by=by, why=why[:200], at=now)
