"""Using points, and giving them back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from points.actions.locks import lock_account, lock_by_id
from points.actions.posting import (
    BIGGEST,
    FIND,
    FIND_CONTRA,
    find,
    fingerprint,
    first_with_key,
    post_refund,
    post_spend,
)
from points.calendar import local_date, month_of
from points.errors import PointsRefused
from points.holders import Holder
from points.models import BucketUse, Programme, Transfer
from points.states import AccountKind, TransferKind, Unit

if TYPE_CHECKING:
    from accounts.models import User

# First in, first out by shape: the soonest to expire, then the oldest. Dead ones don't count,
# whether or not the nightly expiry has been by. At most validity + 1 rows per funding.
BUCKETS = """
SELECT id, remaining FROM points_bucket
WHERE account_id = %s AND expires_on >= %s AND remaining > 0
ORDER BY expires_on, id
"""


@transaction.atomic
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
    """Take spendable points, the soonest to expire first.

    Locks the holder's account; take stock after it. Four statements. A repeat with the same
    key and content returns the first transfer. Refusals: bad_points, not_enough (have, need),
    frozen, key_conflict.
    """
    if not isinstance(points, int) or not 0 < points <= BIGGEST:
        raise PointsRefused("bad_points", points=points)
    booked_on = local_date(at)
    request_hash = spend_hash(holder, programme, points, source, reason)
    asked = f"spend {points} {holder} for {source}/{reason}"
    locked = lock_account(
        holder=holder,
        programme=programme,
        unit=Unit.MATERIAL,
        system=AccountKind.REDEEMED,
        opening=False,
    )
    found = find(FIND, key)
    first = first_with_key(found, key=key, request_hash=request_hash, asked=asked)
    if first:
        return first
    if locked is None:
        raise PointsRefused("not_enough", have=0, need=points)
    if locked.frozen_at:
        raise PointsRefused("frozen", since=locked.frozen_at)
    transfer = Transfer(
        debit_id=locked.id,
        credit_id=locked.system_id,
        points=points,
        kind=TransferKind.SPEND,
        source=source,
        reason=reason,
        debit_after=locked.balance - points,
        idempotency_key=key,
        request_hash=request_hash,
        by=by,
        memo=memo[:200],
        booked_on=booked_on,
    )
    uses = soonest_first(open_buckets(locked.id, booked_on), points)
    if post_spend(transfer, uses=uses):
        return transfer
    # The same key was used for another account between our look and our insert.
    first = first_with_key(find(FIND, key), key=key, request_hash=request_hash, asked=asked)
    assert first is not None
    return first


def spend_hash(holder: Holder, programme: Programme, points: int, source: str, reason: str) -> str:
    return fingerprint("spend", holder, programme.pk, points, source, reason)


def open_buckets(account_id: int, on: date) -> list[tuple[int, int]]:
    """(id, remaining) of what can be spent that day, in the order it is spent. Needs the lock."""
    with connection.cursor() as cursor:
        cursor.execute(BUCKETS, [account_id, on])
        return list(cursor.fetchall())


def soonest_first(buckets: Iterable[tuple[int, int]], points: int) -> list[tuple[int, int]]:
    """What to take from which bucket, as (bucket, points below zero); not_enough if too few."""
    uses = []
    missing = points
    for bucket, remaining in buckets:
        taken = min(missing, remaining)
        uses.append((bucket, -taken))
        missing -= taken
        if not missing:
            return uses
    raise PointsRefused("not_enough", have=points - missing, need=points)


@transaction.atomic
def refund(
    *,
    transfer_id: int,
    source: str,
    by: "User | None",
    key: str,
    memo: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Give back all that a spend took, to the buckets it came from.

    What has passed its date in the meantime comes back dead and expires at the next run. A
    frozen account may be refunded. Locks the account. Refusals: unknown_transfer,
    not_refundable, already_refunded, key_conflict.
    """
    original = Transfer.objects.filter(pk=transfer_id).first()
    if original is None:
        raise PointsRefused("unknown_transfer", transfer=transfer_id)
    if original.kind != TransferKind.SPEND:
        raise PointsRefused("not_refundable", transfer=transfer_id, kind=original.kind)
    request_hash = fingerprint("refund", transfer_id, source)
    locked = lock_by_id([original.debit_id])[original.debit_id]
    first = _contra(original, source, key, request_hash)
    if first:
        return first
    taken = BucketUse.objects.filter(transfer=original).order_by("id")
    transfer = Transfer(
        debit_id=original.credit_id,
        credit_id=locked.id,
        points=original.points,
        kind=TransferKind.REFUND,
        source=source,
        reason=original.reason,
        credit_after=locked.balance + original.points,
        idempotency_key=key,
        request_hash=request_hash,
        reverses=original,
        by=by,
        memo=memo[:200],
        booked_on=local_date(at),
    )
    if post_refund(
        transfer,
        uses=[(use.bucket_id, -use.points) for use in taken],
        month=month_of(original.booked_on),
    ):
        return transfer
    first = _contra(original, source, key, request_hash)
    assert first is not None
    return first


def _contra(original: Transfer, source: str, key: str, request_hash: str) -> Transfer | None:
    found = find(FIND_CONTRA, key, original.pk)
    first = first_with_key(
        found,
        key=key,
        request_hash=request_hash,
        asked=f"refund #{original.pk} for {source}",
    )
    if found and not first:
        raise PointsRefused("already_refunded", transfer=original.pk, by_transfer=found[0].pk)
    return first
