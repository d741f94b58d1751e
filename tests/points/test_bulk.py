import datetime as dt

import pytest

from points import queries
from points.actions import (
    BulkAward,
    BulkSpend,
    PointsRefused,
    award,
    bulk_award,
    bulk_spend,
    freeze,
    person,
    spend,
)
from points.models import Bucket, MonthlyTotal, Transfer
from tests.points.ledger import assert_whole, give, make_ledger, make_rule, use, when

pytestmark = pytest.mark.django_db
LI, WANG = person(1), person(2)


def rows_of_a_year(count=200):
    return [
        BulkAward(
            person(n % 7 + 1),
            "each",
            f"report:b{n}",
            "reporter",
            when(2026, n % 12 + 1, n % 28 + 1),
            quantity=n % 30 + 1,
            district_id=n % 2 + 1,
        )
        for n in range(count)
    ]


def picture():
    """All that the ledger says, without ids and times of writing."""
    transfers = Transfer.objects.order_by("source", "reason").values_list(
        "debit__kind",
        "credit__kind",
        "credit__holder_id",
        "points",
        "cut",
        "kind",
        "rule__code",
        "source",
        "reason",
        "expires_on",
        "booked_on",
        "idempotency_key",
        "memo",
    )
    buckets = Bucket.objects.order_by("account__holder_id", "expires_on").values_list(
        "account__holder_id", "expires_on", "remaining"
    )
    months = MonthlyTotal.objects.order_by("account__holder_id", "month").values_list(
        "account__holder_id", "month", "earned", "spent", "district_id"
    )
    return [list(transfers), list(buckets), list(months)]


def test_in_bulk_is_as_one_by_one():
    one, many = make_ledger(cap=60), make_ledger(cap=60)
    for programme in (one, many):
        make_rule(programme, "club", 7, monthly_cap_per_person=10)
    rows = [
        *rows_of_a_year(),
        *(
            BulkAward(LI, "club", f"club:{n}", "x", when(2026, n % 3 + 1, 20), memo="乒乓球")
            for n in range(9)
        ),
    ]
    for row in sorted(rows, key=lambda row: row.at):
        award(
            to=row.to,
            programme=one,
            rule_code=row.rule_code,
            source=row.source,
            reason=row.reason,
            by=None,
            quantity=row.quantity,
            district_id=row.district_id,
            at=row.at,
            memo=row.memo,
        )
    expected = picture()
    count = Transfer.objects.count()
    # The sources are taken, so the same story is told again under other names.
    renamed = [row._replace(source="again-" + row.source) for row in rows]
    assert bulk_award(programme=many, rows=renamed) == count
    assert_whole()
    transfers, buckets, months = picture()
    assert [row for row in transfers if row[7].startswith("again-")] == [
        (
            *row[:7],
            "again-" + row[7],
            *row[8:11],
            row[11].replace("award:", "award:again-"),
            row[12],
        )
        for row in expected[0]
    ]
    for holder in {row[0] for row in expected[1]}:
        mine = [row for row in expected[1] if row[0] == holder]
        assert sorted(row for row in buckets if row[0] == holder) == sorted(mine * 2)
    assert sorted(months) == sorted(expected[2] * 2)


def test_a_second_bulk_adds_only_what_is_new():
    programme = make_ledger()
    rows = rows_of_a_year(20)
    give(person(1), programme, 1, source="report:b0", at=when(2026, 1, 1))
    assert bulk_award(programme=programme, rows=rows) == 19
    assert bulk_award(programme=programme, rows=rows) == 0
    assert bulk_award(programme=programme, rows=[*rows, *rows]) == 0
    assert bulk_award(programme=programme, rows=[]) == 0
    assert_whole()


def test_one_by_one_after_a_bulk_is_a_repeat():
    programme = make_ledger()
    bulk_award(programme=programme, rows=rows_of_a_year(1))
    again = give(person(1), programme, 1, source="report:b0")
    assert again.first is False


def test_a_clash_in_a_bulk_writes_nothing():
    programme = make_ledger()
    rows = [*rows_of_a_year(3), rows_of_a_year(1)[0]._replace(to=person(5))]
    with pytest.raises(PointsRefused) as refused:
        bulk_award(programme=programme, rows=rows)
    assert refused.value.code == "source_conflict"
    assert not Transfer.objects.exists()


def test_balances_after_follow_the_order_of_time():
    programme = make_ledger()
    give(LI, programme, 5, at=when(2025, 12, 1))
    bulk_award(
        programme=programme,
        rows=[
            BulkAward(LI, "each", "r:2", "x", when(2026, 2, 1), quantity=20),
            BulkAward(LI, "each", "r:1", "x", when(2026, 1, 1), quantity=10),
        ],
    )
    rows = queries.statement(LI, programme)
    assert [(row.points, row.balance) for row in rows] == [(20, 35), (10, 15), (5, 5)]


def test_spending_in_bulk():
    programme = make_ledger()
    for holder in (LI, WANG):
        give(holder, programme, 50, at=when(2026, 1, 5))
        give(holder, programme, 30, at=when(2026, 2, 5))
    rows = [
        BulkSpend(LI, 60, "redemption:1", "v", when(2026, 3, 1), "k1", memo="菜券"),
        BulkSpend(LI, 30, "redemption:2", "v", when(2026, 3, 2), "k2"),  # only 20 are left
        BulkSpend(LI, 20, "redemption:3", "v", when(2026, 3, 3), "k3"),
        BulkSpend(WANG, 40, "redemption:4", "v", when(2027, 2, 1), "k4"),  # January's are dead
        BulkSpend(WANG, 30, "redemption:5", "v", when(2027, 2, 1), "k5"),
    ]
    done = bulk_spend(programme=programme, rows=rows)
    assert sorted(done) == ["k1", "k3", "k5"]
    assert bulk_spend(programme=programme, rows=rows) == done
    assert_whole()
    spent = Transfer.objects.get(pk=done["k1"])
    assert [use.points for use in spent.uses.order_by("bucket__expires_on")] == [-50, -10]
    assert (spent.debit_after, spent.memo) == (20, "菜券")
    assert MonthlyTotal.objects.get(account__holder_id=1, month=dt.date(2026, 3, 1)).spent == 80


def test_a_bulk_spend_is_the_same_request_as_a_single_one():
    programme = make_ledger()
    give(LI, programme, 50)
    done = bulk_spend(
        programme=programme, rows=[BulkSpend(LI, 5, "r:1", "v", when(2026, 11, 1), "k")]
    )
    again = spend(
        holder=LI, programme=programme, points=5, source="r:1", reason="v", by=None, key="k"
    )
    assert again.pk == done["k"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (BulkSpend(LI, 0, "r:1", "v", when(2026, 11, 1), "k"), "bad_points"),
        (BulkSpend(WANG, 1, "r:1", "v", when(2026, 11, 1), "k"), "frozen"),
        (BulkSpend(LI, 1, "r:1", "v", when(2026, 11, 1), "taken"), "key_conflict"),
    ],
)
def test_refusals_of_bulk_spends(row, code):
    programme = make_ledger()
    give(LI, programme, 50)
    give(WANG, programme, 50)
    use(LI, programme, 2, key="taken")
    freeze(holder=WANG, programme=programme, by=None, why="?")
    good = BulkSpend(LI, 1, "r:0", "v", when(2026, 10, 1), "good")
    with pytest.raises(PointsRefused) as refused:
        bulk_spend(programme=programme, rows=[good, row])
    assert refused.value.code == code
    assert Transfer.objects.filter(kind="spend").count() == 1
