"""Giving points, and taking an award back."""

from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction

from points.actions.locks import Locked, lock_account, lock_by_id
from points.actions.posting import (
    BIGGEST,
    FIND_AWARD,
    FIND_CONTRA,
    describe,
    find,
    fingerprint,
    first_with_key,
    post_award,
    post_reversal,
)
from points.calendar import NEVER, expiry_of, local_date, month_end, month_of
from points.errors import PointsRefused
from points.holders import Holder
from points.models import Bucket, Programme, Rule, Transfer
from points.states import AccountKind, Per, TransferKind, Unit

if TYPE_CHECKING:
    from accounts.models import User


class Award(NamedTuple):
    """What came of an award: `cut` points were cut off by a cap and are to be shown.

    `transfer` is None when a cap cut everything. `first` is False for a repeat.
    """

    transfer: Transfer | None
    points: int
    cut: int
    first: bool


@transaction.atomic
def award(
    *,
    to: Holder,
    programme: Programme,
    rule_code: str,
    source: str,
    reason: str,
    by: "User | None",
    quantity: Decimal | int = 1,
    district_id: int | None = None,
    at: datetime | None = None,
    memo: str = "",
    key: str | None = None,
) -> Award:
    """Give what the rule in force at `at` says, once per (source, reason).

    `quantity` counts hours or items where the rule is per hour or item; parts of a point are
    dropped. `source` is "prefix:id" (points/sources.py), `reason` what in it is paid for.
    Locks the holder's account and opens it if need be. Refusals: unknown_rule,
    rule_not_in_force, bad_points, source_conflict, key_conflict. A frozen account still earns:
    closing a report must not fail because of a look into someone's spending.
    """
    if not source or not reason:
        raise ValueError("an award needs a source and a reason")
    booked_on = local_date(at)
    rule = rule_in_force(programme, rule_code, booked_on)
    full = points_of(rule, quantity)
    request_hash = award_hash(to, programme, rule_code, source, reason, quantity)
    locked = lock_account(
        holder=to, programme=programme, unit=rule.unit, system=AccountKind.ISSUED, opening=True
    )
    assert locked is not None
    first = _first(to, rule, full, source, reason, key, request_hash)
    if first:
        return Award(first, first.points, first.cut, first=False)
    points = min(full, _room(locked, programme, rule, booked_on))
    if points <= 0:
        return Award(None, 0, full, first=True)
    transfer = Transfer(
        debit_id=locked.system_id,
        credit_id=locked.id,
        points=points,
        cut=full - points,
        kind=TransferKind.AWARD,
        rule=rule,
        source=source,
        reason=reason,
        expires_on=bucket_of(programme, rule, booked_on),
        credit_after=locked.balance + points,
        idempotency_key=key or award_key(source, reason),
        request_hash=request_hash,
        by=by,
        memo=memo[:200],
        booked_on=booked_on,
    )
    if post_award(transfer, district_id=district_id):
        return Award(transfer, points, full - points, first=True)
    # Someone else's account was paid for the same source between our look and our insert.
    first = _first(to, rule, full, source, reason, key, request_hash)
    assert first is not None
    return Award(first, first.points, first.cut, first=False)


RULE_FIELDS = [field.attname for field in Rule._meta.concrete_fields]
# Written out: the ORM takes longer to build this than all the rest of an award takes.
RULE = f"""
SELECT {", ".join(str(field.column) for field in Rule._meta.concrete_fields)} FROM points_rule
WHERE programme_id = %s AND code = %s ORDER BY version DESC
"""  # noqa: S608 - only the model's own column names


def rule_in_force(programme: Programme, code: str, on: date) -> Rule:
    """The version of the rule that counts on that day."""
    with connection.cursor() as cursor:
        cursor.execute(RULE, [programme.pk, code])
        rows = cursor.fetchall()
    versions = [Rule.from_db(connection.alias, RULE_FIELDS, row) for row in rows]
    return pick_version(programme, code, on, versions)


def pick_version(programme: Programme, code: str, on: date, versions: list[Rule]) -> Rule:
    """Of all versions, newest first: the newest that is in force on that day."""
    if not versions:
        raise PointsRefused("unknown_rule", rule=code)
    running = programme.starts_on <= on and (programme.ends_on is None or on <= programme.ends_on)
    for rule in versions:
        if running and rule.starts_on <= on and (rule.ends_on is None or on <= rule.ends_on):
            return rule
    raise PointsRefused("rule_not_in_force", rule=code, on=on)


def points_of(rule: Rule, quantity: Decimal | int) -> int:
    """Whole points for the quantity, before caps; bad_points when there are none to give."""
    if rule.per == Per.FIXED and quantity != 1:
        raise PointsRefused("bad_points", points=f"{rule.points} × {quantity}")
    points = int((rule.points * Decimal(quantity)).to_integral_value(ROUND_FLOOR))
    if not 0 < points <= BIGGEST:
        raise PointsRefused("bad_points", points=points)
    return points


def bucket_of(programme: Programme, rule: Rule, earned_on: date) -> date:
    """The last day of what is earned that day. Honour is kept for good."""
    if rule.unit == Unit.HONOUR:
        return NEVER
    return expiry_of(earned_on, programme.validity_months)


def award_key(source: str, reason: str) -> str:
    return f"award:{source}:{reason}"


def award_hash(
    to: Holder,
    programme: Programme,
    rule_code: str,
    source: str,
    reason: str,
    quantity: Decimal | int,
) -> str:
    return fingerprint(
        "award", to, programme.pk, rule_code, source, reason, Decimal(quantity).normalize()
    )


def _first(
    to: Holder,
    rule: Rule,
    points: int,
    source: str,
    reason: str,
    key: str | None,
    request_hash: str,
) -> Transfer | None:
    """The transfer that a repeat of this award is to be answered with."""
    found = find(FIND_AWARD, key or award_key(source, reason), source, reason)
    if not found:
        return None
    asked = f"award {points} {to} for {source}/{reason} by rule {rule.code}"
    if key:
        first = first_with_key(found, key=key, request_hash=request_hash, asked=asked)
        if first:
            return first
    for transfer in found:
        if transfer.request_hash == request_hash:
            return transfer
    raise PointsRefused(
        "source_conflict", source=source, reason=reason, first=describe(found[0]), asked=asked
    )


EARNED = """
SELECT
    coalesce((SELECT earned FROM points_monthlytotal WHERE account_id = %s AND month = %s), 0),
    coalesce((
        SELECT sum(t.points - coalesce(r.points, 0))
        FROM points_transfer t
        JOIN points_rule v ON v.id = t.rule_id
        LEFT JOIN points_transfer r ON r.reverses_id = t.id
        WHERE t.credit_id = %s AND t.kind = 'award' AND t.booked_on BETWEEN %s AND %s
            AND v.programme_id = %s AND v.code = %s), 0)
"""


def _room(locked: Locked, programme: Programme, rule: Rule, booked_on: date) -> int:
    """How many points the caps still allow in that month. Needs the account's lock."""
    if programme.monthly_cap_per_person is None and rule.monthly_cap_per_person is None:
        return BIGGEST
    month = month_of(booked_on)
    with connection.cursor() as cursor:
        cursor.execute(
            EARNED,
            [
                locked.id,
                month,
                locked.id,
                month,
                month_end(month),
                programme.pk,
                rule.code,
            ],
        )
        in_all, by_rule = cursor.fetchone()
    room = BIGGEST
    if programme.monthly_cap_per_person is not None:
        room = min(room, programme.monthly_cap_per_person - in_all)
    if rule.monthly_cap_per_person is not None:
        room = min(room, rule.monthly_cap_per_person - by_rule)
    return max(room, 0)


@transaction.atomic
def reverse(*, transfer_id: int, by: "User | None", memo: str, key: str) -> Transfer:
    """Take an award back by an opposite transfer that names it.

    Never makes anyone owe: it takes the award's points, or, where they were spent, as many as
    the person still has of the same funding, and keeps the shortfall in `cut`. The award's own
    bucket comes first, then the soonest to expire. Locks the account. Refusals:
    unknown_transfer, not_reversible, already_reversed, award_expired (dead points are gone
    already), nothing_left, key_conflict.
    """
    original = Transfer.objects.filter(pk=transfer_id).first()
    if original is None:
        raise PointsRefused("unknown_transfer", transfer=transfer_id)
    if original.kind != TransferKind.AWARD:
        raise PointsRefused("not_reversible", transfer=transfer_id, kind=original.kind)
    today = local_date()
    request_hash = fingerprint("reverse", transfer_id)
    locked = lock_by_id([original.credit_id])[original.credit_id]
    first = _contra(original, key, request_hash)
    if first:
        return first
    assert original.expires_on is not None
    if original.expires_on < today:
        raise PointsRefused("award_expired", transfer=transfer_id, expired_on=original.expires_on)
    uses = []
    missing = original.points
    buckets = Bucket.objects.filter(
        account=locked.id, funding=original.debit_id, expires_on__gte=today, remaining__gt=0
    ).order_by("expires_on", "id")
    for bucket in sorted(buckets, key=lambda each: each.expires_on != original.expires_on):
        if not missing:
            break
        taken = min(missing, bucket.remaining)
        uses.append((bucket.pk, -taken))
        missing -= taken
    if not uses:
        raise PointsRefused("nothing_left", transfer=transfer_id)
    points = original.points - missing
    transfer = Transfer(
        debit_id=locked.id,
        credit_id=original.debit_id,
        points=points,
        cut=missing,
        kind=TransferKind.REVERSAL,
        rule_id=original.rule_id,
        source=original.source,
        reason=original.reason,
        debit_after=locked.balance - points,
        idempotency_key=key,
        request_hash=request_hash,
        reverses=original,
        by=by,
        memo=memo[:200],
        booked_on=today,
    )
    if post_reversal(transfer, uses=uses, month=month_of(original.booked_on)):
        return transfer
    first = _contra(original, key, request_hash)
    assert first is not None
    return first


def _contra(original: Transfer, key: str, request_hash: str) -> Transfer | None:
    found = find(FIND_CONTRA, key, original.pk)
    first = first_with_key(
        found, key=key, request_hash=request_hash, asked=f"reverse #{original.pk}"
    )
    if found and not first:
        raise PointsRefused("already_reversed", transfer=original.pk, by_transfer=found[0].pk)
    return first
