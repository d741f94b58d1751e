"""Awards and spends by the thousand, for imports and the demo city.

The same locks, keys, caps and buckets as one by one, but judged in memory under the locks and
written table by table. Rows are booked in order of their time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from points.actions.awards import (
    award_hash,
    award_key,
    bucket_of,
    pick_version,
    points_of,
)
from points.actions.locks import Locked, account_ids, lock_by_id, open_accounts
from points.actions.posting import BIGGEST, describe
from points.actions.spending import soonest_first, spend_hash
from points.calendar import local_date, month_of
from points.errors import PointsRefused
from points.holders import Holder
from points.models import Bucket, BucketUse, MonthlyTotal, Programme, Rule, Transfer
from points.states import AccountKind, TransferKind, Unit

if TYPE_CHECKING:
    from accounts.models import User


class BulkAward(NamedTuple):
    to: Holder
    rule_code: str
    source: str
    reason: str
    at: datetime
    quantity: Decimal | int = 1
    district_id: int | None = None
    memo: str = ""


class BulkSpend(NamedTuple):
    holder: Holder
    points: int
    source: str
    reason: str
    at: datetime
    key: str
    memo: str = ""


@transaction.atomic
def bulk_award(*, programme: Programme, rows: Iterable[BulkAward], by: "User | None" = None) -> int:
    """Award all rows in one transaction; returns how many were new.

    A row that was awarded before is passed over, as is one that a cap cuts whole. Locks all
    accounts ascending by id. Refuses as `award` does, and then nothing is written.
    """
    ordered = sorted(rows, key=lambda row: row.at)
    versions = _versions(programme, {row.rule_code for row in ordered})
    judged = []
    holders: dict[str, set[Holder]] = defaultdict(set)
    for row in ordered:
        on = local_date(row.at)
        rule = pick_version(programme, row.rule_code, on, versions[row.rule_code])
        judged.append((row, rule, on, points_of(rule, row.quantity)))
        holders[rule.unit].add(row.to)
    books = {unit: _Books(programme, unit, holders[unit]) for unit in sorted(holders)}
    seen = _by_key([award_key(row.source, row.reason) for row in ordered])
    caps = _Caps(programme, versions, books)
    new: list[Transfer] = []
    for row, rule, on, full in judged:
        request_hash = award_hash(
            row.to, programme, row.rule_code, row.source, row.reason, row.quantity
        )
        key = award_key(row.source, row.reason)
        if key in seen:
            if seen[key].request_hash != request_hash:
                raise PointsRefused(
                    "source_conflict",
                    source=row.source,
                    reason=row.reason,
                    first=describe(seen[key]),
                    asked=f"award {full} {row.to} for {row.source}/{row.reason}",
                )
            continue
        book = books[rule.unit]
        account = book.of[row.to]
        points = min(full, caps.room(account.id, rule, on))
        if points <= 0:
            continue
        caps.add(account.id, rule, on, points)
        transfer = Transfer(
            debit_id=book.system[AccountKind.ISSUED],
            credit_id=account.id,
            points=points,
            cut=full - points,
            kind=TransferKind.AWARD,
            rule=rule,
            source=row.source,
            reason=row.reason,
            expires_on=bucket_of(programme, rule, on),
            credit_after=book.change(account.id, points),
            idempotency_key=key,
            request_hash=request_hash,
            by=by,
            memo=row.memo[:200],
            booked_on=on,
            created_at=timezone.now(),
        )
        seen[key] = transfer
        new.append(transfer)
        book.fill(transfer)
        book.add_to_month(account.id, on, earned=points, district_id=row.district_id)
    Transfer.objects.bulk_create(new, batch_size=2000)
    for book in books.values():
        book.write()
    return len(new)


@transaction.atomic
def bulk_spend(
    *, programme: Programme, rows: Iterable[BulkSpend], by: "User | None" = None
) -> dict[str, int]:
    """Spend all rows in one transaction; returns key → transfer id of those that had enough.

    Rows that lack points are passed over, repeats are answered with their first transfer.
    Locks all accounts ascending by id. Refusals: bad_points, frozen, key_conflict.
    """
    ordered = sorted(rows, key=lambda row: row.at)
    book = _Books(programme, Unit.MATERIAL, {row.holder for row in ordered})
    seen = _by_key([row.key for row in ordered])
    pockets: dict[int, dict[int, Bucket]] = defaultdict(dict)
    for bucket in Bucket.objects.filter(
        account__in=[locked.id for locked in book.of.values()], remaining__gt=0
    ).order_by("expires_on", "id"):
        pockets[bucket.account_id][bucket.pk] = bucket
    new: list[Transfer] = []
    uses: list[tuple[Transfer, list[tuple[int, int]]]] = []
    for row in ordered:
        if not 0 < row.points <= BIGGEST:
            raise PointsRefused("bad_points", points=row.points)
        request_hash = spend_hash(row.holder, programme, row.points, row.source, row.reason)
        if row.key in seen:
            if seen[row.key].request_hash != request_hash:
                raise PointsRefused(
                    "key_conflict",
                    key=row.key,
                    first=describe(seen[row.key]),
                    asked=f"spend {row.points} {row.holder} for {row.source}/{row.reason}",
                )
            continue
        account = book.of[row.holder]
        if account.frozen_at:
            raise PointsRefused("frozen", since=account.frozen_at)
        on = local_date(row.at)
        pocket = pockets[account.id]
        try:
            taken = soonest_first(
                [
                    (b.pk, b.remaining)
                    for b in pocket.values()
                    if b.expires_on >= on and b.remaining
                ],
                row.points,
            )
        except PointsRefused:
            continue
        for bucket_id, points in taken:
            pocket[bucket_id].remaining += points
            book.use(bucket_id, points)
        transfer = Transfer(
            debit_id=account.id,
            credit_id=book.system[AccountKind.REDEEMED],
            points=row.points,
            kind=TransferKind.SPEND,
            source=row.source,
            reason=row.reason,
            debit_after=book.change(account.id, -row.points),
            idempotency_key=row.key,
            request_hash=request_hash,
            by=by,
            memo=row.memo[:200],
            booked_on=on,
            created_at=timezone.now(),
        )
        seen[row.key] = transfer
        new.append(transfer)
        uses.append((transfer, taken))
        book.add_to_month(account.id, on, spent=row.points)
    Transfer.objects.bulk_create(new, batch_size=2000)
    BucketUse.objects.bulk_create(
        [
            BucketUse(transfer=transfer, bucket_id=bucket_id, points=points)
            for transfer, taken in uses
            for bucket_id, points in taken
        ],
        batch_size=5000,
    )
    book.write()
    return {key: transfer.pk for key, transfer in seen.items()}


def _versions(programme: Programme, codes: set[str]) -> dict[str, list[Rule]]:
    versions: dict[str, list[Rule]] = defaultdict(list)
    for rule in Rule.objects.filter(programme=programme, code__in=codes).order_by("-version"):
        versions[rule.code].append(rule)
    return versions


def _by_key(keys: Sequence[str]) -> dict[str, Transfer]:
    known = Transfer.objects.filter(idempotency_key__in=keys)
    return {transfer.idempotency_key: transfer for transfer in known}


BALANCES = """
UPDATE points_account a SET balance = a.balance + d.points
FROM unnest(%s::bigint[], %s::bigint[]) AS d(account, points) WHERE a.id = d.account
"""
FILL = """
INSERT INTO points_bucket (account_id, funding_id, expires_on, remaining)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[]) ORDER BY 1, 3
ON CONFLICT (account_id, expires_on, funding_id)
DO UPDATE SET remaining = points_bucket.remaining + excluded.remaining
"""
USE = """
UPDATE points_bucket b SET remaining = b.remaining + u.points
FROM unnest(%s::bigint[], %s::bigint[]) AS u(bucket, points) WHERE b.id = u.bucket
"""
MONTHS = """
INSERT INTO points_monthlytotal (account_id, month, earned, spent, district_id)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (account_id, month) DO UPDATE SET
    earned = points_monthlytotal.earned + excluded.earned,
    spent = points_monthlytotal.spent + excluded.spent,
    district_id = coalesce(excluded.district_id, points_monthlytotal.district_id)
"""


class _Books:
    """The locked accounts of one unit, and what is to be written to them in the end."""

    def __init__(self, programme: Programme, unit: str, holders: set[Holder]) -> None:
        open_accounts(programme=programme, unit=unit, holders=holders)
        ids = account_ids(programme=programme, unit=unit, holders=holders)
        locked = lock_by_id(ids.values())
        self.of: dict[Holder, Locked] = {holder: locked[id_] for holder, id_ in ids.items()}
        system = [Holder(kind, 0) for kind in (AccountKind.ISSUED, AccountKind.REDEEMED)]
        found = account_ids(programme=programme, unit=unit, holders=system)
        self.system = {holder.kind: id_ for holder, id_ in found.items()}
        self._balance = {account.id: account.balance for account in locked.values()}
        self._change: dict[int, int] = defaultdict(int)
        self._fill: dict[tuple[int, int, date], int] = defaultdict(int)
        self._use: dict[int, int] = defaultdict(int)
        self._months: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0])
        self._district: dict[tuple[int, date], int] = {}

    def change(self, account_id: int, points: int) -> int:
        """Note the change and return the balance after it."""
        self._change[account_id] += points
        self._balance[account_id] += points
        return self._balance[account_id]

    def fill(self, award: Transfer) -> None:
        assert award.expires_on is not None
        self._fill[award.credit_id, award.debit_id, award.expires_on] += award.points

    def use(self, bucket_id: int, points: int) -> None:
        self._use[bucket_id] += points

    def add_to_month(
        self,
        account_id: int,
        on: date,
        *,
        earned: int = 0,
        spent: int = 0,
        district_id: int | None = None,
    ) -> None:
        total = self._months[account_id, month_of(on)]
        total[0] += earned
        total[1] += spent
        if district_id is not None:
            self._district[account_id, month_of(on)] = district_id

    def write(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BALANCES, [list(self._change), list(self._change.values())])
            shapes = list(self._fill)
            cursor.execute(
                FILL,
                [*([shape[i] for shape in shapes] for i in range(3)), list(self._fill.values())],
            )
            cursor.execute(USE, [list(self._use), list(self._use.values())])
            months = list(self._months)
            cursor.execute(
                MONTHS,
                [
                    [account for account, _ in months],
                    [month for _, month in months],
                    [self._months[each][0] for each in months],
                    [self._months[each][1] for each in months],
                    [self._district.get(each) for each in months],
                ],
            )


class _Caps:
    """What the caps still allow, kept up to date while a bulk is judged."""

    def __init__(
        self, programme: Programme, versions: dict[str, list[Rule]], books: dict[str, _Books]
    ) -> None:
        self._cap = programme.monthly_cap_per_person
        accounts = [locked.id for book in books.values() for locked in book.of.values()]
        self._in_all: dict[tuple[int, date], int] = defaultdict(int)
        if self._cap is not None:
            for total in MonthlyTotal.objects.filter(account__in=accounts):
                self._in_all[total.account_id, total.month] = total.earned
        self._by_rule: dict[tuple[int, str, date], int] = defaultdict(int)
        capped = {r.code for rules in versions.values() for r in rules if r.monthly_cap_per_person}
        for kind, sign in ((TransferKind.AWARD, 1), (TransferKind.REVERSAL, -1)):
            if not capped:
                break
            side = "credit_id" if kind == TransferKind.AWARD else "debit_id"
            booked = "booked_on" if kind == TransferKind.AWARD else "reverses__booked_on"
            for account, code, on, points in (
                Transfer.objects.filter(
                    kind=kind, rule__code__in=capped, **{f"{side}__in": accounts}
                )
                .values_list(side, "rule__code", booked)
                .annotate(Sum("points"))
            ):
                self._by_rule[account, code, month_of(on)] += sign * points

    def room(self, account_id: int, rule: Rule, on: date) -> int:
        room = BIGGEST
        if self._cap is not None:
            room = min(room, self._cap - self._in_all[account_id, month_of(on)])
        if rule.monthly_cap_per_person is not None:
            spent = self._by_rule[account_id, rule.code, month_of(on)]
            room = min(room, rule.monthly_cap_per_person - spent)
        return room

    def add(self, account_id: int, rule: Rule, on: date, points: int) -> None:
        self._in_all[account_id, month_of(on)] += points
        self._by_rule[account_id, rule.code, month_of(on)] += points
