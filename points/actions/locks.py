"""The one place where accounts are opened and locked.

Person accounts come in ascending order of their ids, before their buckets, before any insert;
system accounts are never locked. An account's lock guards its buckets and monthly totals too.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from points.holders import Holder
from points.models import Programme
from points.states import RUNNING, AccountKind, Unit

SYSTEM = (AccountKind.ISSUED.value, AccountKind.EXPIRED.value, AccountKind.REDEEMED.value)


class Locked(NamedTuple):
    """A locked account as it is now; `system_id` is the system account asked for beside it."""

    id: int
    balance: int
    frozen_at: datetime | None
    system_id: int


# NO KEY: the foreign keys of other people's inserts may still look at the row.
LOCK = """
SELECT a.id, a.balance, a.frozen_at, s.id
FROM points_account a
JOIN points_account s ON s.programme_id = a.programme_id AND s.unit = a.unit
    AND s.kind = %s AND s.holder_id = 0
WHERE a.holder_id = %s AND a.kind = %s AND a.programme_id = %s AND a.unit = %s
FOR NO KEY UPDATE OF a
"""

LOCK_BY_ID = """
SELECT id, balance, frozen_at, 0 FROM points_account WHERE id = ANY(%s)
ORDER BY id FOR NO KEY UPDATE
"""

# Sorted, so that two openers of the same accounts meet in one order.
OPEN = """
INSERT INTO points_account (programme_id, unit, kind, holder_id, label, balance)
SELECT %s, %s, kind, holder_id, '', 0
FROM unnest(%s::text[], %s::bigint[]) AS wanted(kind, holder_id)
ORDER BY kind, holder_id
ON CONFLICT (holder_id, kind, programme_id, unit) DO NOTHING
"""

ACCOUNT_IDS = """
SELECT a.id, a.kind, a.holder_id
FROM points_account a
JOIN unnest(%s::text[], %s::bigint[]) AS wanted(kind, holder_id) USING (kind, holder_id)
WHERE a.programme_id = %s AND a.unit = %s
"""


def lock_account(
    *, holder: Holder, programme: Programme, unit: str, system: str, opening: bool
) -> Locked | None:
    """Lock the holder's account and name the system account beside it. One statement.

    An account that was never opened is opened when `opening`, else None.
    """
    with connection.cursor() as cursor:
        wanted: list[str | int] = [system, holder.id, holder.kind, programme.pk, unit]
        cursor.execute(LOCK, wanted)
        row = cursor.fetchone()
        if row is None and opening:
            open_accounts(programme=programme, unit=unit, holders=[holder])
            cursor.execute(LOCK, wanted)
            row = cursor.fetchone()
    return Locked(*row) if row else None


def lock_by_id(account_ids: Iterable[int]) -> dict[int, Locked]:
    """Lock accounts that are known to exist, ascending by id. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_BY_ID, [sorted(set(account_ids))])
        return {row[0]: Locked(*row) for row in cursor.fetchall()}


def open_accounts(*, programme: Programme, unit: str, holders: Iterable[Holder]) -> None:
    """Open the accounts that are not open yet, and the programme's system accounts."""
    system = [Holder(kind, 0) for kind in SYSTEM]
    wanted = sorted({*system, *(check(holder) for holder in holders)})
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [programme.pk, unit, *columns(wanted)])


def check(holder: Holder) -> Holder:
    if holder.kind not in RUNNING or holder.id < 1:
        raise ValueError(f"not a holder of points: {holder}")
    return holder


@transaction.atomic
def hold(*, programme: Programme, holders: Iterable[Holder], unit: str = Unit.MATERIAL) -> None:
    """Open and lock the holders' accounts, ascending by id, until the transaction ends.

    For a transaction that will award or spend for several people: call it first, inside that
    transaction, so that two of them can't wait for each other.
    """
    wanted = sorted(set(holders))
    open_accounts(programme=programme, unit=unit, holders=wanted)
    lock_by_id(account_ids(programme=programme, unit=unit, holders=wanted).values())


def columns(holders: Iterable[Holder]) -> tuple[list[str], list[int]]:
    pairs = list(holders)
    return [h.kind for h in pairs], [h.id for h in pairs]


def account_ids(*, programme: Programme, unit: str, holders: Iterable[Holder]) -> dict[Holder, int]:
    """The ids of the holders' open accounts. One statement, no lock."""
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNT_IDS, [*columns(holders), programme.pk, unit])
        return {Holder(kind, holder_id): id_ for id_, kind, holder_id in cursor.fetchall()}
