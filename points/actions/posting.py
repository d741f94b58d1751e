"""The one statement that writes a transfer and everything that follows from it.

A repeated key or source makes the INSERT write nothing, and then nothing else is written
either: no savepoint is needed, and a caller's transaction stays usable.
"""

import hashlib
import json
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from points.calendar import month_of
from points.errors import PointsRefused
from points.models import Transfer
from points.states import TransferKind

BIGGEST = 2**31 - 1
FIELDS = [field.attname for field in Transfer._meta.concrete_fields]
COLUMNS = ", ".join(f"t.{field.column}" for field in Transfer._meta.concrete_fields)
_INSERTED = [name for name in FIELDS if name != "id"]

_NEW = f"""
WITH new AS (
    INSERT INTO points_transfer ({", ".join(_INSERTED)})
    VALUES ({", ".join(["%s"] * len(_INSERTED))})
    ON CONFLICT DO NOTHING
    RETURNING id, points
), balance AS (
    UPDATE points_account a SET balance = a.balance + %s FROM new WHERE a.id = %s
)"""  # noqa: S608 - only the model's own column names
_FILL = """, bucket AS (
    INSERT INTO points_bucket (account_id, funding_id, expires_on, remaining)
    SELECT %s, %s, %s::date, new.points FROM new
    ON CONFLICT (account_id, expires_on, funding_id)
    DO UPDATE SET remaining = points_bucket.remaining + excluded.remaining
)"""
_USE = """, used AS (
    INSERT INTO points_bucketuse (transfer_id, bucket_id, points)
    SELECT new.id, u.bucket, u.points FROM new, unnest(%s::bigint[], %s::int[]) u(bucket, points)
    RETURNING bucket_id, points
), bucket AS (
    UPDATE points_bucket b SET remaining = b.remaining + used.points
    FROM used WHERE b.id = used.bucket_id
)"""
_ADD_TO_MONTH = """, month AS (
    INSERT INTO points_monthlytotal (account_id, month, earned, spent, district_id)
    SELECT %s, %s::date, %s, %s, %s::bigint FROM new
    ON CONFLICT (account_id, month) DO UPDATE SET
        earned = points_monthlytotal.earned + excluded.earned,
        spent = points_monthlytotal.spent + excluded.spent,
        district_id = coalesce(excluded.district_id, points_monthlytotal.district_id)
)"""
_TAKE_FROM_MONTH = """, month AS (
    UPDATE points_monthlytotal m SET earned = m.earned - %s, spent = m.spent - %s
    FROM new WHERE m.account_id = %s AND m.month = %s
)"""
_ID = "\nSELECT id FROM new"

AWARD = _NEW + _FILL + _ADD_TO_MONTH + _ID
SPEND = _NEW + _USE + _ADD_TO_MONTH + _ID
GIVE_BACK = _NEW + _USE + _TAKE_FROM_MONTH + _ID


def fingerprint(*content: Any) -> str:
    """A short hash of what a request asked for, to tell a repeat from a clash of keys."""
    text = json.dumps([str(part) for part in content], ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def post_award(transfer: Transfer, *, district_id: int | None) -> bool:
    """Write an award; False when its key or source is already there. Needs the account's lock."""
    return _post(
        AWARD,
        transfer,
        transfer.points,
        transfer.credit_id,
        [transfer.credit_id, transfer.debit_id, transfer.expires_on],
        [transfer.credit_id, month_of(transfer.booked_on), transfer.points, 0, district_id],
    )


def post_spend(transfer: Transfer, *, uses: list[tuple[int, int]]) -> bool:
    """Write a spend that takes `uses` = (bucket, points below zero) from the buckets."""
    return _post(
        SPEND,
        transfer,
        -transfer.points,
        transfer.debit_id,
        _columns(uses),
        [transfer.debit_id, month_of(transfer.booked_on), 0, transfer.points, None],
    )


def post_refund(transfer: Transfer, *, uses: list[tuple[int, int]], month: date) -> bool:
    """Write a refund that puts `uses` back; `month` is the spend's, which then spent less."""
    return _post(
        GIVE_BACK,
        transfer,
        transfer.points,
        transfer.credit_id,
        _columns(uses),
        [0, transfer.points, transfer.credit_id, month],
    )


def post_reversal(transfer: Transfer, *, uses: list[tuple[int, int]], month: date) -> bool:
    """Write a reversal that takes `uses`; `month` is the award's, which then earned less."""
    return _post(
        GIVE_BACK,
        transfer,
        -transfer.points,
        transfer.debit_id,
        _columns(uses),
        [transfer.points, 0, transfer.debit_id, month],
    )


def _columns(uses: list[tuple[int, int]]) -> list[list[int]]:
    return [[bucket for bucket, _ in uses], [points for _, points in uses]]


def _post(
    sql: str, transfer: Transfer, change: int, account: int, buckets: list[Any], month: list[Any]
) -> bool:
    transfer.created_at = timezone.now()
    fields = [getattr(transfer, name) for name in _INSERTED]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*fields, change, account, *buckets, *month])
        row = cursor.fetchone()
    if row is None:
        return False
    transfer.pk = row[0]
    transfer._state.adding = False
    transfer._state.db = connection.alias
    return True


FIND = f"SELECT {COLUMNS} FROM points_transfer t WHERE t.idempotency_key = %s"  # noqa: S608
FIND_AWARD = FIND + " OR (t.kind = 'award' AND t.source = %s AND t.reason = %s)"
FIND_CONTRA = FIND + " OR t.reverses_id = %s"


def find(sql: str, *params: Any) -> list[Transfer]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Transfer.from_db(connection.alias, FIELDS, row) for row in cursor.fetchall()]


def first_with_key(
    found: list[Transfer], *, key: str, request_hash: str, asked: str
) -> Transfer | None:
    """The transfer that this key made before; key_conflict when it was for something else."""
    for transfer in found:
        if transfer.idempotency_key == key:
            if transfer.request_hash != request_hash:
                raise PointsRefused("key_conflict", key=key, first=describe(transfer), asked=asked)
            return transfer
    return None


def describe(transfer: Transfer) -> str:
    """A transfer in one line, for refusals that must name it."""
    about = f" for {transfer.source}/{transfer.reason}" if transfer.source else ""
    holder = transfer.credit if transfer.kind in INCOMING else transfer.debit
    return f"#{transfer.pk} {transfer.kind} {transfer.points} {holder}{about}"


INCOMING = (TransferKind.AWARD, TransferKind.REFUND)
