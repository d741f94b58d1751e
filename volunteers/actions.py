"""Taking a place and giving it up. Lock: the activity, then its sign-ups."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from volunteers.errors import VolunteersRefused
from volunteers.models import Activity, SignUp


def sign_up(*, activity_id: int, user: User, by: User) -> SignUp:
    """Take a place for the person; the same again returns the place already taken.

    `by` is the person, or a clerk who acts for them. Locks the activity. Raises
    VolunteersRefused: ended, started, full; Activity.DoesNotExist.
    """
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity_id)
        place = SignUp.objects.filter(activity=activity, user=user).first()
        if place is not None and place.cancelled_at is None:
            return place
        now = timezone.now()
        _refuse_late(activity, now)
        if activity.taken >= activity.places:
            raise VolunteersRefused("full", places=activity.places)
        activity.taken += 1
        activity.save(update_fields=["taken"])
        if place is None:
            return SignUp.objects.create(
                activity=activity, user=user, at=now, helped_by=_helper(user, by)
            )
        place.at, place.cancelled_at, place.helped_by = now, None, _helper(user, by)
        place.save(update_fields=["at", "cancelled_at", "helped_by"])
        return place


def cancel_sign_up(*, activity_id: int, user: User, by: User) -> SignUp | None:
    """Give the person's place to others; None where there was none. The same again is fine.

    Locks the activity. Raises VolunteersRefused: ended, started; Activity.DoesNotExist.
    """
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity_id)
        place = SignUp.objects.filter(activity=activity, user=user).first()
        if place is None or place.cancelled_at is not None:
            return place
        now = timezone.now()
        _refuse_late(activity, now)
        activity.taken -= 1
        activity.save(update_fields=["taken"])
        place.cancelled_at, place.helped_by = now, _helper(user, by)
        place.save(update_fields=["cancelled_at", "helped_by"])
        return place


def change_activity(*, activity: Activity, by: User) -> Activity:
    """Write the edited fields of an activity, which must keep a place for all who have one.

    Locks the activity. Raises VolunteersRefused: fewer_than_taken.
    """
    with transaction.atomic():
        now = Activity.objects.select_for_update().get(pk=activity.pk)
        if activity.places < now.taken:
            raise VolunteersRefused("fewer_than_taken", taken=now.taken, places=activity.places)
        activity.taken = now.taken
        activity._history_user = by  # type: ignore[attr-defined]
        activity.save(update_fields=EDITED)
        return activity


EDITED = [
    "district",
    "market",
    "title",
    "what",
    "where",
    "starts_at",
    "ends_at",
    "places",
    "rule_code",
    "organiser",
]


def _refuse_late(activity: Activity, now: datetime) -> None:
    if activity.ends_at <= now:
        raise VolunteersRefused("ended", ends_at=activity.ends_at)
    if activity.starts_at <= now:
        raise VolunteersRefused("started", starts_at=activity.starts_at)


def _helper(user: User, by: User) -> User | None:
    return None if by == user else by
