"""The honest clock against a count so slow and plain that it is obviously right."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markets.clock import due_time, is_open_at, open_now
from markets.models import ClosedDay, Market, OpeningHours
from tests.makers import make_city

HERE = timezone.get_default_timezone()
MINUTE = dt.timedelta(minutes=1)


class Rows(list):
    """Stands in for a related manager: what the clock reads is `.all()`."""

    def all(self):
        return self


class PaperMarket:
    """Hours without a database, so that thousands of them can be tried."""

    def __init__(self, spans, closed=()):
        self.hours = Rows(OpeningHours(weekday=day, opens=a, closes=b) for day, a, b in spans)
        self.closed_days = Rows(ClosedDay(day=day) for day in closed)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=HERE)


def slow_due_time(spans, closed, start, minutes):
    """Walk minute by minute; a minute counts when the market is open in it."""
    now, counted = start, 0
    while counted < minutes:
        local = now.astimezone(HERE)
        is_open = local.date() not in closed and (
            not spans
            or any(
                day == local.weekday()
                and (a.hour, a.minute) <= (local.hour, local.minute) < (b.hour, b.minute)
                for day, a, b in spans
            )
        )
        now += MINUTE
        counted += is_open
    return now


@st.composite
def hours(draw):
    """One to three spans on some days of the week; at least one, they may touch or overlap."""
    spans = set()
    for day in draw(st.sets(st.integers(0, 6), min_size=2)):
        for _each in range(draw(st.integers(1, 3))):
            a = draw(st.integers(0, 1300))
            b = draw(st.integers(a + 60, min(a + 700, 1438)))
            spans.add((day, dt.time(*divmod(a, 60)), dt.time(*divmod(b, 60))))
    return sorted(spans)


starts = st.datetimes(dt.datetime(2025, 12, 20), dt.datetime(2026, 1, 10)).map(
    lambda d: d.replace(second=0, microsecond=0, tzinfo=HERE)
)
days_off = st.sets(st.dates(dt.date(2025, 12, 20), dt.date(2026, 1, 12)), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spans=st.one_of(st.just([]), hours()),
    closed=days_off,
    start=starts,
    minutes=st.integers(0, 900),
)
def test_counts_like_the_slow_one(spans, closed, start, minutes):
    market = PaperMarket(spans, closed)
    assert due_time(market, start, minutes, urgent=False) == slow_due_time(
        spans, closed, start, minutes
    )


@given(spans=hours(), start=starts, minutes=st.integers(0, 10_000))
def test_urgent_counts_every_minute(spans, start, minutes):
    assert due_time(PaperMarket(spans), start, minutes, urgent=True) == start + minutes * MINUTE


DAILY = [(day, dt.time(6), dt.time(20)) for day in range(7)]
SPLIT = [
    (d, a, b) for d in range(5) for a, b in [(dt.time(6), dt.time(11)), (dt.time(14), dt.time(19))]
]


@pytest.mark.parametrize(
    ("spans", "closed", "start", "minutes", "due"),
    [
        (DAILY, (), "2026-03-02 10:00", 60, "2026-03-02 11:00"),
        # Used up at closing time: due then, not the next morning.
        (DAILY, (), "2026-03-02 19:00", 60, "2026-03-02 20:00"),
        (DAILY, (), "2026-03-02 19:00", 61, "2026-03-03 06:01"),
        (DAILY, (), "2026-03-02 21:30", 30, "2026-03-03 06:30"),
        (DAILY, (), "2026-03-02 03:00", 30, "2026-03-02 06:30"),
        # Two spans a day, and a weekend on which it is shut.
        (SPLIT, (), "2026-03-06 10:30", 60, "2026-03-06 14:30"),
        (SPLIT, (), "2026-03-06 18:30", 60, "2026-03-09 06:30"),
        # Over New Year, with the 1st to the 3rd off.
        (
            DAILY,
            (dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 1, 3)),
            "2025-12-31 19:30",
            90,
            "2026-01-04 07:00",
        ),
        # Until midnight and on after it: not a minute is lost between 23:59 and 24:00.
        (
            [(0, dt.time(18), dt.time(23, 59)), (1, dt.time(0), dt.time(2))],
            (),
            "2026-03-02 23:30",
            60,
            "2026-03-03 00:30",
        ),
    ],
)
def test_examples(spans, closed, start, minutes, due):
    assert due_time(PaperMarket(spans, closed), at(start), minutes, urgent=False) == at(due)


def test_seconds_are_kept():
    market = PaperMarket(DAILY)
    assert due_time(market, at("2026-03-02 19:59:30"), 1, urgent=False) == at("2026-03-03 06:00:30")


def test_start_in_another_zone_is_the_same_moment():
    start = at("2026-03-02 19:00").astimezone(dt.UTC)
    assert due_time(PaperMarket(DAILY), start, 90, urgent=False) == at("2026-03-03 06:30")


def test_a_market_that_never_opens_again_counts_every_minute():
    always_off = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(800)]
    market = PaperMarket(DAILY, always_off)
    start = at("2026-03-02 10:00")
    assert due_time(market, start, 60, urgent=False) == start + 60 * MINUTE


def test_a_clock_that_forgets_the_hours_would_fail():
    """The control: plain addition disagrees with the slow count, so the property can fail."""
    start = at("2026-03-02 19:30")
    assert slow_due_time(DAILY, (), start, 60) != start + 60 * MINUTE


def test_open_from_opening_up_to_closing():
    market = PaperMarket(SPLIT, [dt.date(2026, 3, 4)])
    assert not is_open_at(market, at("2026-03-02 05:59"))
    assert is_open_at(market, at("2026-03-02 06:00"))
    assert not is_open_at(market, at("2026-03-02 11:00"))
    assert is_open_at(market, at("2026-03-02 14:00"))
    assert not is_open_at(market, at("2026-03-04 09:00"))  # a day off
    assert not is_open_at(market, at("2026-03-07 09:00"))  # Saturday
    assert is_open_at(PaperMarket([]), at("2026-03-07 03:00"))


def test_what_comes_next():
    market = PaperMarket(SPLIT, [dt.date(2026, 3, 9)])
    morning = open_now(market, at("2026-03-06 10:00"))
    assert morning.is_open
    assert morning.until == at("2026-03-06 11:00")
    assert open_now(market, at("2026-03-06 12:00")).next_at == at("2026-03-06 14:00")
    weekend = open_now(market, at("2026-03-06 20:00"))
    assert not weekend.is_open
    assert weekend.next_at == at("2026-03-10 06:00")  # Monday is off


@pytest.mark.django_db
def test_reads_a_real_market_in_two_statements(django_assert_num_queries):
    market = Market.objects.get(pk=make_city().market.pk)
    ClosedDay.objects.create(market=market, day=dt.date(2026, 3, 3))
    with django_assert_num_queries(2):
        due = due_time(market, at("2026-03-02 19:30"), 60, urgent=False)
    assert due == at("2026-03-04 06:30")
    with django_assert_num_queries(0):
        due_time(market, at("2026-03-02 19:30"), 60, urgent=True)
