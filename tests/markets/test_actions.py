"""Who stands where, and how that changes: under the stall's lock, with history, never twice."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from markets.actions import (
    add_member,
    add_merchant,
    end_tenancy,
    give_up_stall,
    move_merchant,
    remove_member,
    replace_code,
    start_tenancy,
)
from markets.errors import MarketsRefused
from markets.models import Merchant, MerchantMember, Stall, StallCode, Tenancy
from markets.queries import code_of, merchant_of
from tests.makers import City, make_city, make_resident, make_stall

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def today() -> dt.date:
    return timezone.localdate()


def tenancy_of(stall: Stall) -> Tenancy:
    return Tenancy.objects.get(stall=stall)


# --- codes -------------------------------------------------------------------------------------
def test_a_new_code_leaves_the_old_one_to_say_so(city: City) -> None:
    new = replace_code(stall_id=city.stall.pk, by=city.manager, seen=city.stall_code)
    old = StallCode.objects.get(code=city.stall_code)
    assert old.replaced_at is not None
    assert new.code != old.code
    assert code_of(city.stall) == new.code


def test_two_taps_make_one_new_code(city: City) -> None:
    first = replace_code(stall_id=city.stall.pk, by=city.manager, seen=city.stall_code)
    second = replace_code(stall_id=city.stall.pk, by=city.manager, seen=city.stall_code)
    assert first == second
    assert city.stall.codes.count() == 2


def test_a_stall_given_up_gets_no_new_code(city: City) -> None:
    give_up_stall(stall_id=city.stall.pk, by=city.manager)
    with pytest.raises(MarketsRefused) as caught:
        replace_code(stall_id=city.stall.pk, by=city.manager)
    assert caught.value.code == "stall_closed"


# --- tenancies ---------------------------------------------------------------------------------
def test_days_may_follow_but_not_overlap(city: City, today: dt.date) -> None:
    end_tenancy(tenancy_id=tenancy_of(city.stall).pk, last_day=today, by=city.manager)
    with pytest.raises(MarketsRefused) as caught:
        start_tenancy(
            stall_id=city.stall.pk,
            merchant_id=city.other_merchant.pk,
            first_day=today,
            by=city.manager,
        )
    refused = caught.value
    assert refused.code == "overlap"
    assert refused.params["merchant"] == city.merchant
    assert refused.params["last_day"] == today
    start_tenancy(
        stall_id=city.stall.pk,
        merchant_id=city.other_merchant.pk,
        first_day=today + DAY,
        by=city.manager,
    )
    assert merchant_of(city.stall) == city.merchant
    assert merchant_of(city.stall, on=today + DAY) == city.other_merchant


def test_the_same_tenancy_again_is_the_first(city: City, today: dt.date) -> None:
    stall = make_stall(city.market, "A-13")
    kwargs = {
        "stall_id": stall.pk,
        "merchant_id": city.merchant.pk,
        "first_day": today,
        "by": city.manager,
    }
    first = start_tenancy(**kwargs)
    assert start_tenancy(**kwargs) == first
    assert first.history.get().history_user == city.manager


def test_the_database_itself_refuses_two_on_one_day(city: City) -> None:
    with pytest.raises(IntegrityError, match="one_tenant_a_day"), transaction.atomic():
        Tenancy.objects.create(
            stall=city.stall, merchant=city.other_merchant, days=(dt.date(2026, 1, 1), None)
        )


def test_a_writer_past_the_lock_is_refused_with_a_code(
    city: City, today: dt.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the look-up saw nothing, the constraint still speaks, and in the same words."""
    monkeypatch.setattr("django.db.models.query.QuerySet.first", lambda rows: None)
    with pytest.raises(MarketsRefused) as caught:
        start_tenancy(
            stall_id=city.stall.pk,
            merchant_id=city.other_merchant.pk,
            first_day=today,
            by=city.manager,
        )
    assert caught.value.code == "overlap"


def test_days_in_the_wrong_order(city: City, today: dt.date) -> None:
    with pytest.raises(MarketsRefused) as caught:
        start_tenancy(
            stall_id=make_stall(city.market, "A-13").pk,
            merchant_id=city.merchant.pk,
            first_day=today,
            last_day=today - DAY,
            by=city.manager,
        )
    assert caught.value.code == "bad_days"


def test_ending_twice_changes_nothing_and_never_makes_longer(city: City, today: dt.date) -> None:
    pk = tenancy_of(city.stall).pk
    end_tenancy(tenancy_id=pk, last_day=today, by=city.manager)
    again = end_tenancy(tenancy_id=pk, last_day=today, by=city.manager)
    assert again.last_day == today
    assert again.history.count() == 2  # begun, ended
    with pytest.raises(MarketsRefused) as caught:
        end_tenancy(tenancy_id=pk, last_day=today + 5 * DAY, by=city.manager)
    assert caught.value.code == "already_ended"
    with pytest.raises(MarketsRefused) as caught:
        end_tenancy(tenancy_id=pk, last_day=dt.date(2024, 1, 1), by=city.manager)
    assert caught.value.code == "bad_days"


# --- moving ------------------------------------------------------------------------------------
def test_a_merchant_moves_and_old_days_stay_theirs(city: City, today: dt.date) -> None:
    place = make_stall(city.market, "A-13")
    move_merchant(stall_id=city.stall.pk, to_stall_id=place.pk, on=today, by=city.manager)
    assert merchant_of(city.stall) is None
    assert merchant_of(city.stall, on=today - DAY) == city.merchant
    assert merchant_of(place) == city.merchant


def test_a_merchant_who_came_today_moves_as_if_never_there(city: City, today: dt.date) -> None:
    first, place = make_stall(city.market, "A-13"), make_stall(city.market, "A-14")
    start_tenancy(
        stall_id=first.pk, merchant_id=city.other_merchant.pk, first_day=today, by=city.manager
    )
    move_merchant(stall_id=first.pk, to_stall_id=place.pk, on=today, by=city.manager)
    assert merchant_of(first) is None
    assert merchant_of(place) == city.other_merchant


@pytest.mark.parametrize(
    ("where", "code"),
    [("taken", "overlap"), ("elsewhere", "other_market"), ("same", "same_stall")],
)
def test_where_a_merchant_cannot_move(city: City, today: dt.date, where: str, code: str) -> None:
    taken = make_stall(city.market, "A-13")
    start_tenancy(
        stall_id=taken.pk, merchant_id=city.other_merchant.pk, first_day=today, by=city.manager
    )
    to = {"taken": taken, "elsewhere": city.other_stall, "same": city.stall}[where]
    with pytest.raises(MarketsRefused) as caught:
        move_merchant(stall_id=city.stall.pk, to_stall_id=to.pk, on=today, by=city.manager)
    assert caught.value.code == code
    assert merchant_of(city.stall) == city.merchant  # nothing was half done


def test_nobody_there_to_move(city: City, today: dt.date) -> None:
    empty, place = make_stall(city.market, "A-13"), make_stall(city.market, "A-14")
    with pytest.raises(MarketsRefused) as caught:
        move_merchant(stall_id=empty.pk, to_stall_id=place.pk, on=today, by=city.manager)
    assert caught.value.code == "no_tenancy"


def test_giving_up_ends_the_tenancy_today(city: City, today: dt.date) -> None:
    stall = give_up_stall(stall_id=city.stall.pk, by=city.manager)
    assert stall.closed_at is not None
    assert tenancy_of(city.stall).last_day == today
    assert stall.history.first().history_user == city.manager
    again = give_up_stall(stall_id=city.stall.pk, by=city.manager)
    assert again.closed_at == stall.closed_at


def test_a_stall_that_moves_takes_its_merchant_along(city: City) -> None:
    place = make_stall(city.market, "A-13")
    give_up_stall(stall_id=city.stall.pk, moved_to_id=place.pk, by=city.manager)
    assert merchant_of(place) == city.merchant
    with pytest.raises(MarketsRefused) as caught:
        give_up_stall(stall_id=place.pk, moved_to_id=city.stall.pk, by=city.manager)
    assert caught.value.code == "stall_closed"  # two stalls cannot lead to each other


# --- merchants and their people ------------------------------------------------------------------
def test_a_new_merchant_comes_with_a_stall_or_not_at_all(city: City, today: dt.date) -> None:
    with pytest.raises(MarketsRefused):
        add_merchant(
            merchant=Merchant(name="新来的", licence="X1"),
            stall_id=city.stall.pk,
            first_day=today,
            by=city.manager,
        )
    assert not Merchant.objects.filter(licence="X1").exists()
    stall = make_stall(city.market, "A-13")
    merchant = add_merchant(
        merchant=Merchant(name="新来的", licence="X1"),
        stall_id=stall.pk,
        first_day=today,
        by=city.manager,
    )
    assert merchant_of(stall) == merchant


def test_people_come_and_go_and_the_history_says_who_let_them(city: City) -> None:
    someone = make_resident(nickname="小张")
    kwargs = {"merchant_id": city.merchant.pk, "user": someone, "by": city.manager}
    add_member(**kwargs, role=MerchantMember.Role.STAFF)
    add_member(**kwargs, role=MerchantMember.Role.STAFF)
    assert city.merchant.members.count() == 2
    add_member(**kwargs, role=MerchantMember.Role.OWNER)
    assert city.merchant.members.get(user=someone).role == MerchantMember.Role.OWNER
    remove_member(**kwargs)
    remove_member(**kwargs)
    assert not city.merchant.members.filter(user=someone).exists()
    latest = city.merchant.history.first()
    assert latest.history_user == city.manager
    assert latest.history_change_reason == "- 小张"
