"""Reads of the activities: rows ready for a page."""

from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from markets.models import Market
from points.models import Rule
from points.states import Per
from volunteers.models import Activity, SignUp


class Row(NamedTuple):
    """An activity as a person sees it. `hourly` is points an hour, None where none are given."""

    activity: Activity
    left: int
    is_mine: bool
    hourly: int | None
    phase: str  # open, full, running or over

    @property
    def may_sign_up(self) -> bool:
        return self.phase == "open" and not self.is_mine

    @property
    def may_give_up(self) -> bool:
        return self.is_mine and self.phase in ("open", "full")

    @property
    def filled(self) -> int:
        """How full it is, in percent."""
        return round(100 * self.activity.taken / self.activity.places) if self.left else 100


class Day(NamedTuple):
    day: date
    rows: list[Row]


def days_ahead(*, user: User | None, market: Market | None = None, limit: int = 60) -> list[Day]:
    """What is going on or coming, by day and hour. Three statements, two when signed out."""
    found = Activity.objects.filter(ends_at__gt=timezone.now()).select_related("market", "district")
    if market is not None:
        found = found.filter(Q(market=market) | Q(market=None, district=market.district_id))
    rows = _rows(list(found.order_by("starts_at", "id")[:limit]), user)
    return [
        Day(day, list(those))
        for day, those in groupby(rows, lambda row: timezone.localdate(row.activity.starts_at))
    ]


def next_ones(market: Market | None, limit: int = 2) -> list[Activity]:
    """The next activities with places left, for the home page. One statement."""
    found = Activity.objects.with_places_left(timezone.now()).select_related("market")
    if market is not None:
        found = found.filter(Q(market=market) | Q(market=None, district=market.district_id))
    return list(found.order_by("starts_at", "id")[:limit])


def activity_for(activity_id: int, *, user: User | None) -> Row | None:
    """One activity, over or not. Three statements, two when signed out."""
    found = Activity.objects.filter(pk=activity_id).select_related("market", "district")
    return next(iter(_rows(list(found), user)), None)


def mine(user: User) -> QuerySet[SignUp]:
    """The person's places in what is going on or coming, soonest first."""
    return (
        SignUp.objects.filter(user=user, cancelled_at=None, activity__ends_at__gt=timezone.now())
        .select_related("activity__market")
        .order_by("activity__starts_at")
    )


def _rows(activities: list[Activity], user: User | None) -> list[Row]:
    if not activities:
        return []
    own = (
        set(
            SignUp.objects.filter(
                user=user, cancelled_at=None, activity__in=activities
            ).values_list("activity_id", flat=True)
        )
        if user is not None
        else set()
    )
    hourly = _hourly({activity.district.programme_id for activity in activities})
    now = timezone.now()
    return [
        Row(
            activity=activity,
            left=activity.places - activity.taken,
            is_mine=activity.pk in own,
            hourly=hourly.get((activity.district.programme_id, activity.rule_code)),
            phase=_phase(activity, now),
        )
        for activity in activities
    ]


def _phase(activity: Activity, now: datetime) -> str:
    if activity.ends_at <= now:
        return "over"
    if activity.starts_at <= now:
        return "running"
    return "full" if activity.taken >= activity.places else "open"


def _hourly(programmes: set[int]) -> dict[tuple[int, str], int]:
    """Points an hour by programme and rule, as of today."""
    today = timezone.localdate()
    rules = (
        Rule.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=today),
            programme__in=programmes,
            per=Per.HOUR,
            starts_on__lte=today,
        )
        .order_by("version")
        .values_list("programme", "code", "points")
    )
    return {(programme, code): points for programme, code, points in rules}
