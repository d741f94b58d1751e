"""Places in an activity: taken once, given up, never one too many."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.makers import City, make_city, make_resident
from tests.volunteers.activities import make_activity
from volunteers.actions import cancel_sign_up, change_activity, sign_up
from volunteers.errors import VolunteersRefused
from volunteers.models import Activity, SignUp
from volunteers.queries import activity_for, days_ahead, mine, next_ones

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def activity(city: City) -> Activity:
    return make_activity(city, places=2)


def taken(activity: Activity) -> int:
    activity.refresh_from_db()
    assert activity.taken == activity.sign_ups.filter(cancelled_at=None).count()
    return activity.taken


def refused(activity: Activity, user) -> VolunteersRefused:
    with pytest.raises(VolunteersRefused) as caught:
        sign_up(activity_id=activity.pk, user=user, by=user)
    return caught.value


def test_the_same_again_is_the_same_place(city: City, activity: Activity) -> None:
    first = sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
    assert sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen) == first
    assert taken(activity) == 1
    assert first.helped_by is None


def test_full_is_full_but_not_for_who_is_in(city: City, activity: Activity) -> None:
    for user in (city.citizen, city.stranger):
        sign_up(activity_id=activity.pk, user=user, by=user)
    assert refused(activity, make_resident()).code == "full"
    sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
    assert taken(activity) == 2


def test_a_place_given_up_can_be_taken_and_taken_back(city: City, activity: Activity) -> None:
    place = sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
    for _tap in range(2):
        cancel_sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
        assert taken(activity) == 0
    again = sign_up(activity_id=activity.pk, user=city.citizen, by=city.clerk)
    assert again == place
    assert again.helped_by == city.clerk
    assert taken(activity) == 1


def test_giving_up_what_one_never_had(city: City, activity: Activity) -> None:
    assert cancel_sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen) is None
    assert taken(activity) == 0


@pytest.mark.parametrize(("hours", "code"), [(1, "started"), (5, "ended")])
def test_too_late(city: City, activity: Activity, hours: int, code: str) -> None:
    sign_up(activity_id=activity.pk, user=city.stranger, by=city.stranger)
    with time_machine.travel(activity.starts_at + dt.timedelta(hours=hours), tick=False):
        assert refused(activity, city.citizen).code == code
        with pytest.raises(VolunteersRefused) as caught:
            cancel_sign_up(activity_id=activity.pk, user=city.stranger, by=city.stranger)
        assert caught.value.code == code
        # Who has a place is told so at any time.
        sign_up(activity_id=activity.pk, user=city.stranger, by=city.stranger)
    assert taken(activity) == 1


def test_unknown_activity(city: City) -> None:
    with pytest.raises(Activity.DoesNotExist):
        sign_up(activity_id=0, user=city.citizen, by=city.citizen)


def test_the_database_itself_refuses_one_too_many(activity: Activity) -> None:
    with pytest.raises(IntegrityError, match="never_oversold"), transaction.atomic():
        Activity.objects.filter(pk=activity.pk).update(taken=3)


def test_an_activity_cannot_shrink_below_who_is_in(city: City, activity: Activity) -> None:
    for user in (city.citizen, city.stranger):
        sign_up(activity_id=activity.pk, user=user, by=user)
    activity.places, activity.taken = 1, 0  # as a form opened before they signed up has it
    with pytest.raises(VolunteersRefused) as caught:
        change_activity(activity=activity, by=city.manager)
    assert caught.value.code == "fewer_than_taken"
    activity.places, activity.title = 5, "大扫除"
    change_activity(activity=activity, by=city.manager)
    assert taken(activity) == 2
    assert activity.title == "大扫除"
    assert activity.history.first().history_user == city.manager


# --- reads ---------------------------------------------------
def test_what_is_ahead_by_day_and_hour(city: City, django_assert_num_queries) -> None:
    tomorrow = timezone.localtime().replace(hour=9, minute=0) + dt.timedelta(days=1)
    late = make_activity(city, starts_at=tomorrow + dt.timedelta(hours=5))
    early = make_activity(city, starts_at=tomorrow)
    next_day = make_activity(city, starts_at=tomorrow + dt.timedelta(days=1))
    over = make_activity(city, starts_at=tomorrow - dt.timedelta(days=3))
    sign_up(activity_id=late.pk, user=city.citizen, by=city.citizen)
    with django_assert_num_queries(3):
        days = days_ahead(user=city.citizen)
    assert [[row.activity for row in day.rows] for day in days] == [[early, late], [next_day]]
    assert [row.is_mine for row in days[0].rows] == [False, True]
    assert days[0].rows[1].left == late.places - 1
    assert days[0].rows[0].hourly == 10
    assert [place.activity for place in mine(city.citizen)] == [late]
    row = activity_for(over.pk, user=None)
    assert row is not None
    assert row.phase == "over"


def test_of_one_market_comes_what_is_for_its_district_too(city: City) -> None:
    here = make_activity(city)
    anywhere = make_activity(city, market=None)
    elsewhere = make_activity(city, market=city.other_market)
    found = [row.activity for day in days_ahead(user=None, market=city.market) for row in day.rows]
    assert here in found
    assert anywhere in found
    assert elsewhere not in found


def test_the_next_ones_have_places_left(city: City) -> None:
    full = make_activity(city, places=1)
    sign_up(activity_id=full.pk, user=city.citizen, by=city.citizen)
    free = make_activity(city)
    assert next_ones(city.market) == [free]
    assert SignUp.objects.count() == 1
