import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from points import queries
from points.actions import PointsRefused, award, household, merchant, person
from points.models import Account, Bucket, MonthlyTotal, Rule, Transfer
from points.states import Per, Unit
from tests.makers import make_resident
from tests.points.ledger import assert_whole, give, make_ledger, make_rule, use, when

pytestmark = pytest.mark.django_db
LI, WANG = person(1), person(2)


@pytest.fixture
def programme():
    return make_ledger()


def report(programme, *, to=LI, source="report:7", **more):
    arguments = {"rule_code": "verified", "reason": "reporter", "by": None, **more}
    return award(to=to, programme=programme, source=source, **arguments)


def test_an_award_moves_points_from_issued_to_the_person(programme):
    rule = make_rule(programme, "verified", 20)
    manager = make_resident()
    given = report(programme, by=manager, at=when(2026, 11, 20), memo="占道经营", district_id=5)
    assert (given.points, given.cut, given.first) == (20, 0, True)
    transfer = Transfer.objects.get()
    assert transfer == given.transfer
    assert (transfer.debit.kind, transfer.credit.kind) == ("issued", "person")
    assert transfer.rule == rule
    assert transfer.by == manager
    assert transfer.memo == "占道经营"
    assert transfer.expires_on == dt.date(2027, 11, 30)
    assert transfer.booked_on == dt.date(2026, 11, 20)
    assert transfer.credit_after == transfer.credit.balance == 20
    bucket = Bucket.objects.get()
    assert (bucket.account, bucket.funding) == (transfer.credit, transfer.debit)
    assert (bucket.expires_on, bucket.remaining) == (dt.date(2027, 11, 30), 20)
    month = MonthlyTotal.objects.get()
    assert (month.month, month.earned, month.spent) == (dt.date(2026, 11, 1), 20, 0)
    assert month.district_id == 5
    assert_whole()


def test_what_is_returned_is_what_is_stored(programme):
    make_rule(programme, "verified", 20)
    given = report(programme).transfer
    stored = Transfer.objects.get()
    for field in Transfer._meta.concrete_fields:
        assert getattr(given, field.attname) == getattr(stored, field.attname), field.name


def test_one_month_shares_a_bucket_and_the_next_has_its_own(programme):
    give(LI, programme, 5, at=when(2026, 11, 1, 0, 0))
    give(LI, programme, 6, at=when(2026, 11, 30, 23, 59))
    give(LI, programme, 7, at=when(2026, 12, 1, 0, 0))
    assert list(Bucket.objects.order_by("expires_on").values_list("expires_on", "remaining")) == [
        (dt.date(2027, 11, 30), 11),
        (dt.date(2027, 12, 31), 7),
    ]
    assert queries.month_earned(LI, programme, on=dt.date(2026, 11, 15)) == 11
    assert queries.month_earned(LI, programme, on=dt.date(2026, 12, 15)) == 7
    assert queries.month_earned(LI, programme, on=dt.date(2026, 10, 15)) == 0


def test_the_month_is_the_local_one(programme):
    give(LI, programme, 5, at=dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC))
    assert Transfer.objects.get().booked_on == dt.date(2026, 12, 1)
    assert queries.month_earned(LI, programme, on=dt.date(2026, 12, 1)) == 5


def test_households_and_merchants_hold_points_too(programme):
    give(household(1), programme, 5)
    give(merchant(1), programme, 6)
    give(person(1), programme, 7)
    assert queries.available(household(1), programme) == 5
    assert queries.available(merchant(1), programme) == 6
    assert queries.available(person(1), programme) == 7
    assert_whole()


def test_no_one_else_holds_points(programme):
    with pytest.raises(ValueError, match="not a holder"):
        give(person(0), programme, 5)


def test_hours_are_paid_in_whole_points(programme):
    make_rule(programme, "hour", 10, per=Per.HOUR)
    assert give(LI, programme, Decimal("2.5"), rule_code="hour").points == 25
    assert give(LI, programme, Decimal("0.39"), rule_code="hour").points == 3


def test_honour_has_its_own_account_and_never_dies(programme):
    make_rule(programme, "kind", 5, unit=Unit.HONOUR, per=Per.ITEM)
    give(LI, programme, 2, rule_code="kind")
    give(LI, programme, 7)
    assert queries.available(LI, programme) == 7
    assert queries.honour(LI, programme) == 10
    assert Bucket.objects.get(account__unit=Unit.HONOUR).expires_on.year == 9999
    assert_whole()


def test_a_programme_without_validity_gives_points_for_good():
    programme = make_ledger(validity_months=None)
    give(LI, programme, 5, at=when(2021, 1, 1))
    assert queries.available(LI, programme, on=dt.date(2099, 1, 1)) == 5
    assert queries.expiring_next(LI, programme) is None


# --- once per source ------------------------------------------------------------------------


def test_a_repeat_returns_the_first(programme):
    make_rule(programme, "verified", 20)
    first = report(programme)
    again = report(programme, memo="again", at=when(2026, 1, 1))
    assert again.first is False
    assert again.transfer == first.transfer
    assert again.points == 20
    assert Transfer.objects.count() == 1


def test_a_repeat_is_answered_by_the_first_version_of_the_rule(programme):
    make_rule(programme, "verified", 20)
    report(programme)
    make_rule(programme, "verified", 30, version=2)
    again = report(programme)
    assert (again.points, again.first) == (20, False)


@pytest.mark.parametrize(
    "change", [{"to": WANG}, {"rule_code": "other"}, {"quantity": Decimal(2), "rule_code": "each"}]
)
def test_a_source_pays_for_one_thing(programme, change):
    make_rule(programme, "verified", 20)
    make_rule(programme, "other", 20)
    report(programme)
    with pytest.raises(PointsRefused) as refused:
        report(programme, **change)
    assert refused.value.code == "source_conflict"
    assert "report:7/reporter" in refused.value.params["first"]
    assert "person:1" in refused.value.params["first"]
    assert str(change.get("to", LI)) in refused.value.params["asked"]
    assert Transfer.objects.count() == 1
    assert_whole()


def test_another_reason_of_the_same_source_pays_too(programme):
    make_rule(programme, "verified", 20)
    report(programme)
    assert report(programme, to=WANG, reason="corroborated").first is True


def test_a_source_pays_once_whatever_the_key(programme):
    make_rule(programme, "verified", 20)
    first = report(programme, key="mine")
    assert report(programme, key="other").transfer == first.transfer
    assert report(programme).transfer == first.transfer
    with pytest.raises(PointsRefused) as refused:
        report(programme, key="third", to=WANG)
    assert refused.value.code == "source_conflict"


def test_a_key_stands_for_one_content(programme):
    make_rule(programme, "verified", 20)
    report(programme, key="mine")
    with pytest.raises(PointsRefused) as refused:
        report(programme, key="mine", source="report:8")
    assert refused.value.code == "key_conflict"
    assert "report:7" in refused.value.params["first"]
    assert "report:8" in refused.value.params["asked"]


def test_a_conflict_leaves_the_callers_transaction_usable(programme):
    make_rule(programme, "verified", 20)
    report(programme)
    with transaction.atomic():
        with pytest.raises(PointsRefused):
            report(programme, to=WANG)
        give(WANG, programme, 3)
    assert queries.available(WANG, programme) == 3
    assert_whole()


def test_an_award_is_undone_with_the_callers_transaction(programme):
    def award_and_fail():
        with transaction.atomic():
            give(LI, programme, 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        award_and_fail()
    assert not Transfer.objects.exists()
    assert queries.available(LI, programme) == 0


# --- rules ------------------------------------------------------------------------------------


def test_unknown_rule(programme):
    with pytest.raises(PointsRefused) as refused:
        report(programme)
    assert (refused.value.code, refused.value.params) == ("unknown_rule", {"rule": "verified"})


@pytest.mark.parametrize("day", [dt.date(2026, 1, 31), dt.date(2026, 3, 1)])
def test_rule_not_in_force(programme, day):
    make_rule(
        programme,
        "verified",
        20,
        starts_on=dt.date(2026, 2, 1),
        ends_on=dt.date(2026, 2, 28),
    )
    with pytest.raises(PointsRefused) as refused:
        report(programme, at=when(day.year, day.month, day.day))
    assert refused.value.code == "rule_not_in_force"
    assert refused.value.params == {"rule": "verified", "on": day}


@pytest.mark.parametrize("day", [1, 28])
def test_a_rule_counts_on_its_first_and_last_day(programme, day):
    make_rule(
        programme,
        "verified",
        20,
        starts_on=dt.date(2026, 2, 1),
        ends_on=dt.date(2026, 2, 28),
    )
    assert report(programme, at=when(2026, 2, day, 23, 59)).points == 20


def test_nothing_is_earned_outside_the_programme(programme):
    make_rule(programme, "verified", 20)
    programme.ends_on = dt.date(2026, 6, 30)
    programme.save(update_fields=["ends_on"])
    assert report(programme, at=when(2026, 6, 30)).points == 20
    for source, at in [("report:8", when(2026, 7, 1)), ("report:9", when(2019, 12, 31))]:
        with pytest.raises(PointsRefused) as refused:
            report(programme, source=source, at=at)
        assert refused.value.code == "rule_not_in_force"


def test_each_award_names_the_version_it_was_earned_under(programme):
    make_rule(programme, "verified", 20)
    second = make_rule(programme, "verified", 30, version=2, starts_on=dt.date(2026, 6, 1))
    assert report(programme, source="report:1", at=when(2026, 5, 31)).points == 20
    given = report(programme, source="report:2", at=when(2026, 6, 1))
    assert (given.points, given.transfer.rule) == (30, second)


@pytest.mark.parametrize("quantity", [0, -1, Decimal("0.5"), 3 * 10**9])
def test_there_must_be_points_to_give(programme, quantity):
    with pytest.raises(PointsRefused) as refused:
        give(LI, programme, quantity)
    assert refused.value.code == "bad_points"
    assert not Account.objects.filter(kind="person").exists()


def test_a_fixed_rule_has_no_quantity(programme):
    make_rule(programme, "verified", 20)
    with pytest.raises(PointsRefused) as refused:
        report(programme, quantity=2)
    assert refused.value.code == "bad_points"


def test_a_rule_that_takes_away_gives_nothing(programme):
    make_rule(programme, "verified", -2)
    with pytest.raises(PointsRefused) as refused:
        report(programme)
    assert refused.value.code == "bad_points"


@pytest.mark.parametrize("missing", [{"source": ""}, {"reason": ""}])
def test_an_award_must_say_what_for(programme, missing):
    make_rule(programme, "verified", 20)
    with pytest.raises(ValueError, match="source"):
        report(programme, **missing)


# --- caps --------------------------------------------------------------------------------------


def test_a_programmes_cap_cuts_and_says_so():
    programme = make_ledger(cap=500)
    at = when(2026, 11, 5)
    give(LI, programme, 480, at=at)
    given = give(LI, programme, 50, at=at)
    assert (given.points, given.cut) == (20, 30)
    assert given.transfer.cut == 30
    nothing = give(LI, programme, 50, at=at, source="report:last")
    assert (nothing.transfer, nothing.points, nothing.cut) == (None, 0, 50)
    assert give(LI, programme, 50, at=when(2026, 12, 1)).points == 50
    assert give(WANG, programme, 50, at=at).points == 50
    assert_whole()


def test_a_repeat_of_a_cut_award_says_the_same():
    programme = make_ledger(cap=10)
    give(LI, programme, 15, source="report:1")
    again = give(LI, programme, 15, source="report:1")
    assert (again.points, again.cut, again.first) == (10, 5, False)


def test_a_rules_cap_counts_that_rule_in_all_its_versions():
    programme = make_ledger()
    at = when(2026, 11, 5)
    make_rule(programme, "club", 50, monthly_cap_per_person=120, per=Per.ITEM)
    give(LI, programme, 1, rule_code="club", at=at)
    make_rule(programme, "club", 60, monthly_cap_per_person=120, per=Per.ITEM, version=2)
    give(LI, programme, 1, rule_code="club", at=at)
    given = give(LI, programme, 1, rule_code="club", at=at)
    assert (given.points, given.cut) == (10, 50)
    assert give(LI, programme, 30, at=at).cut == 0
    assert give(LI, programme, 1, rule_code="club", at=when(2026, 12, 5)).cut == 0
    assert Rule.objects.filter(code="club").count() == 2
    assert_whole()


def test_spending_does_not_make_room_under_a_cap():
    programme = make_ledger(cap=100)
    give(LI, programme, 100)
    use(LI, programme, 100)
    assert give(LI, programme, 5).transfer is None
