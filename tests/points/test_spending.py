import datetime as dt

import pytest
from django.db import transaction

from points import queries
from points.actions import PointsRefused, expire, freeze, person, refund, spend, unfreeze
from points.models import Bucket, BucketUse, FreezeMove, MonthlyTotal, Transfer
from points.states import Unit
from tests.makers import make_resident
from tests.points.ledger import assert_whole, give, make_ledger, make_rule, use, when

pytestmark = pytest.mark.django_db
LI, WANG = person(1), person(2)


@pytest.fixture
def programme():
    return make_ledger()


def left(holder):
    return list(
        Bucket.objects.filter(account__holder_id=holder.id)
        .order_by("expires_on", "id")
        .values_list("remaining", flat=True)
    )


def test_spending_takes_the_soonest_to_expire_first(programme):
    for month in (3, 1, 2):  # earned out of order, on purpose
        give(LI, programme, month * 10, at=when(2026, month, 5))
    transfer = use(LI, programme, 25, at=when(2026, 4, 1))
    assert left(LI) == [0, 5, 30]
    assert [use.points for use in BucketUse.objects.order_by("id")] == [-10, -15]
    assert transfer.debit_after == transfer.debit.balance == 35
    assert transfer.credit.kind == "redeemed"
    assert MonthlyTotal.objects.get(month=dt.date(2026, 4, 1)).spent == 25
    assert_whole()


def test_what_is_returned_is_what_is_stored(programme):
    give(LI, programme, 10)
    used = use(LI, programme, 10, memo="50 元菜券")
    stored = Transfer.objects.get(pk=used.pk)
    for field in Transfer._meta.concrete_fields:
        assert getattr(used, field.attname) == getattr(stored, field.attname), field.name


def test_spending_asks_few_questions(programme, django_assert_max_num_queries):
    give(LI, programme, 10)
    with transaction.atomic(), django_assert_max_num_queries(6):  # two of them are the savepoint
        use(LI, programme, 10)


def test_what_is_past_its_date_is_not_spent_even_when_the_night_is_late(programme):
    give(LI, programme, 10, at=when(2025, 1, 5))
    give(LI, programme, 7, at=when(2025, 2, 5))
    use(LI, programme, 1, at=when(2026, 1, 31, 23, 59))
    assert left(LI) == [9, 7]
    assert queries.available(LI, programme, on=dt.date(2026, 2, 1)) == 7
    with pytest.raises(PointsRefused) as refused:
        use(LI, programme, 8, at=when(2026, 2, 1, 0, 0))
    assert refused.value.params == {"have": 7, "need": 8}
    use(LI, programme, 7, at=when(2026, 2, 1, 0, 0))
    assert left(LI) == [9, 0]
    assert_whole()


def test_midnight_is_the_residents_midnight(programme):
    give(LI, programme, 10, at=when(2025, 12, 5))
    with pytest.raises(PointsRefused):
        use(LI, programme, 1, at=dt.datetime(2026, 12, 31, 16, 0, tzinfo=dt.UTC))
    use(LI, programme, 1, at=dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC))


@pytest.mark.parametrize("earned", [0, 9])
def test_not_enough(programme, earned):
    if earned:
        give(LI, programme, earned)
    with pytest.raises(PointsRefused) as refused:
        use(LI, programme, 10)
    assert refused.value.code == "not_enough"
    assert refused.value.params == {"have": earned, "need": 10}
    assert not Transfer.objects.filter(kind="spend").exists()
    assert_whole()


@pytest.mark.parametrize("points", [0, -5, 2.5, 2**31])
def test_bad_points(programme, points):
    give(LI, programme, 10)
    with pytest.raises(PointsRefused) as refused:
        use(LI, programme, points)
    assert refused.value.code == "bad_points"


def test_honour_is_never_spent(programme):
    make_rule(programme, "kind", 50, unit=Unit.HONOUR)
    give(LI, programme, 1, rule_code="kind")
    with pytest.raises(PointsRefused) as refused:
        use(LI, programme, 10)
    assert refused.value.params == {"have": 0, "need": 10}


def test_programmes_do_not_mix(programme):
    give(LI, programme, 10)
    with pytest.raises(PointsRefused):
        use(LI, make_ledger(), 10)


def test_a_repeat_returns_the_first_even_when_nothing_is_left(programme):
    give(LI, programme, 10)
    first = use(LI, programme, 10, key="k", source="redemption:1")
    assert use(LI, programme, 10, key="k", source="redemption:1") == first
    freeze(holder=LI, programme=programme, by=None, why="looked into")
    assert use(LI, programme, 10, key="k", source="redemption:1") == first
    assert Transfer.objects.filter(kind="spend").count() == 1


@pytest.mark.parametrize(
    ("holder", "points", "source"),
    [(LI, 4, "redemption:1"), (LI, 5, "redemption:2"), (WANG, 5, "redemption:1")],
)
def test_a_key_stands_for_one_content(programme, holder, points, source):
    give(LI, programme, 10)
    give(WANG, programme, 10)
    first = use(LI, programme, 5, key="k", source="redemption:1")
    with pytest.raises(PointsRefused) as refused:
        use(holder, programme, points, key="k", source=source)
    assert refused.value.code == "key_conflict"
    assert f"#{first.pk} spend 5 person:1 for redemption:1" in refused.value.params["first"]
    assert f"spend {points} {holder} for {source}" in refused.value.params["asked"]
    assert_whole()


def test_frozen(programme):
    give(LI, programme, 10)
    spent = use(LI, programme, 4)
    manager = make_resident()
    freeze(holder=LI, programme=programme, by=manager, why="copied photos")
    freeze(holder=LI, programme=programme, by=manager, why="again")
    with pytest.raises(PointsRefused) as refused:
        use(LI, programme, 1)
    assert refused.value.code == "frozen"
    assert refused.value.params["since"] is not None
    give(LI, programme, 5)  # a report that closes meanwhile still pays
    refund(transfer_id=spent.pk, source="redemption:1", by=None, key="r")
    unfreeze(holder=LI, programme=programme, by=manager, why="it was a mistake")
    use(LI, programme, 15)
    assert list(FreezeMove.objects.order_by("id").values_list("frozen", "why", "by")) == [
        (True, "copied photos", manager.pk),
        (False, "it was a mistake", manager.pk),
    ]
    assert_whole()


def test_freezing_one_who_was_never_here(programme):
    with pytest.raises(PointsRefused) as refused:
        freeze(holder=LI, programme=programme, by=None, why="?")
    assert refused.value.code == "unknown_account"


# --- refunds ---------------------------------------------------------------------------------


def back(transfer, key="back", **more):
    return refund(transfer_id=transfer.pk, source="redemption:1", by=None, key=key, **more)


def test_a_refund_goes_back_to_where_it_came_from(programme):
    give(LI, programme, 10, at=when(2026, 1, 5))
    give(LI, programme, 10, at=when(2026, 2, 5))
    spent = use(LI, programme, 15, at=when(2026, 3, 5))
    give(LI, programme, 10, at=when(2026, 3, 6))
    returned = back(spent, at=when(2026, 4, 1), memo="sold out")
    assert left(LI) == [10, 10, 10]
    assert returned.reverses == spent
    assert (returned.debit, returned.credit) == (spent.credit, spent.debit)
    assert returned.credit_after == 30
    assert MonthlyTotal.objects.get(month=dt.date(2026, 3, 1)).spent == 0
    assert not MonthlyTotal.objects.filter(month=dt.date(2026, 4, 1)).exists()
    assert_whole()


def test_a_refund_is_made_once(programme):
    give(LI, programme, 10)
    spent = use(LI, programme, 5)
    first = back(spent, key="a")
    assert back(spent, key="a") == first
    with pytest.raises(PointsRefused) as refused:
        back(spent, key="b")
    assert refused.value.code == "already_refunded"
    assert refused.value.params == {"transfer": spent.pk, "by_transfer": first.pk}
    other = use(LI, programme, 5)
    with pytest.raises(PointsRefused) as refused:
        back(other, key="a")
    assert refused.value.code == "key_conflict"
    assert left(LI) == [5]
    assert_whole()


def test_only_what_was_spent_is_refunded(programme):
    given = give(LI, programme, 10).transfer
    with pytest.raises(PointsRefused) as refused:
        back(given)
    assert refused.value.code == "not_refundable"
    with pytest.raises(PointsRefused) as refused:
        refund(transfer_id=10**9, source="x", by=None, key="k")
    assert refused.value.code == "unknown_transfer"


def test_what_died_meanwhile_comes_back_dead_and_expires_again(programme):
    give(LI, programme, 10, at=when(2025, 1, 5))
    spent = use(LI, programme, 6, at=when(2026, 1, 31))
    expire(on=dt.date(2026, 2, 1))
    back(spent, at=when(2026, 2, 2))
    assert queries.available(LI, programme, on=dt.date(2026, 2, 2)) == 0
    assert_whole()
    again = expire(on=dt.date(2026, 2, 3))
    assert (again.accounts, again.points) == (1, 6)
    assert left(LI) == [0]
    assert_whole()


def test_spend_and_refund_inside_one_transaction_of_the_caller(programme):
    give(LI, programme, 10)
    with transaction.atomic():
        spent = use(LI, programme, 10)
        back(spent)
        with pytest.raises(PointsRefused):
            use(LI, programme, 11)
        use(LI, programme, 3)
    assert queries.available(LI, programme) == 7
    assert_whole()


def test_a_key_of_an_award_is_no_key_for_a_spend(programme):
    give(LI, programme, 10, key="k")
    with pytest.raises(PointsRefused) as refused:
        spend(holder=LI, programme=programme, points=1, source="r:1", reason="v", by=None, key="k")
    assert refused.value.code == "key_conflict"
