"""Thirty-two people and a few places, at one moment."""

import threading
from functools import partial

import pytest
from django.db import IntegrityError

from tests.makers import make_city, make_resident
from tests.races.crowd import all_at_once
from tests.volunteers.activities import make_activity
from volunteers.actions import cancel_sign_up, sign_up
from volunteers.errors import VolunteersRefused
from volunteers.models import Activity, SignUp

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
PEOPLE, PLACES = 32, 5


@pytest.fixture
def activity() -> Activity:
    return make_activity(make_city(), places=PLACES)


def words(results: list) -> list[str]:
    """What each got: "ok", or the code of the refusal; anything else is raised."""
    said = []
    for result in results:
        if isinstance(result, VolunteersRefused):
            said.append(result.code)
        elif isinstance(result, Exception):
            raise result
        else:
            said.append("ok")
    return said


def test_exactly_as_many_as_there_are_places(activity: Activity) -> None:
    people = [make_resident() for _each in range(PEOPLE)]
    said = words(
        all_at_once(
            *(partial(sign_up, activity_id=activity.pk, user=one, by=one) for one in people)
        )
    )
    assert (said.count("ok"), said.count("full")) == (PLACES, PEOPLE - PLACES)
    activity.refresh_from_db()
    assert activity.taken == SignUp.objects.filter(cancelled_at=None).count() == PLACES


def test_one_person_who_taps_many_times_has_one_place(activity: Activity) -> None:
    person = make_resident()
    results = all_at_once(
        *(partial(sign_up, activity_id=activity.pk, user=person, by=person) for _tap in range(16))
    )
    assert words(results) == ["ok"] * 16
    assert len({place.pk for place in results}) == 1
    activity.refresh_from_db()
    assert activity.taken == 1


def test_coming_and_going_at_once_ends_in_a_true_count(activity: Activity) -> None:
    people = [make_resident() for _each in range(PLACES)]
    for person in people:
        sign_up(activity_id=activity.pk, user=person, by=person)
    others = [make_resident() for _each in range(10)]
    words(
        all_at_once(
            *(partial(cancel_sign_up, activity_id=activity.pk, user=p, by=p) for p in people),
            *(partial(sign_up, activity_id=activity.pk, user=p, by=p) for p in others),
        )
    )
    activity.refresh_from_db()
    assert activity.taken == SignUp.objects.filter(cancelled_at=None).count() <= PLACES


def test_control_without_the_lock_two_take_the_last_place(activity: Activity) -> None:
    """What the action does, without its lock: both look before either writes."""
    Activity.objects.filter(pk=activity.pk).update(places=1)
    both_have_looked = threading.Barrier(2)

    def naive(user) -> bool:
        seen = Activity.objects.get(pk=activity.pk)
        free = seen.taken < seen.places
        both_have_looked.wait(20)
        if free:
            SignUp.objects.create(activity=activity, user=user)
            Activity.objects.filter(pk=activity.pk).update(taken=seen.taken + 1)
        return free

    results = all_at_once(*(partial(naive, make_resident()) for _each in range(2)))
    assert results == [True, True]
    assert SignUp.objects.filter(activity=activity).count() == 2  # one more than there are places


def test_control_a_counter_without_the_lock_meets_the_constraint(activity: Activity) -> None:
    """An honest counter cannot pass the number of places, whoever forgets to lock."""
    Activity.objects.filter(pk=activity.pk).update(taken=PLACES)
    with pytest.raises(IntegrityError):
        Activity.objects.filter(pk=activity.pk).update(taken=PLACES + 1)
