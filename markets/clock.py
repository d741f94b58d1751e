"""The honest clock: minutes counted on a market's opening hours."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

from markets.models import Market

DAY = timedelta(days=1)
# A market that stays shut would be counted through for ever: after this many days without an
# open minute every minute counts.
GIVE_UP_AFTER = 400


class Week(NamedTuple):
    """A market's hours as read once: spans (opens, closes) by weekday, and days off."""

    spans: dict[int, list[tuple[time, time]]]
    closed: frozenset[date]

    def on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The open spans of one local day, in order and not overlapping."""
        if day in self.closed:
            return []
        if not self.spans:  # no hours entered: every minute counts
            return [(_at(day, time.min), _at(day + DAY, time.min))]
        merged: list[tuple[datetime, datetime]] = []
        for opens, closes in sorted(self.spans.get(day.weekday(), [])):
            # A field cannot say 24:00, so the last minute before midnight stands for it.
            end = _at(day + DAY, time.min) if closes >= time(23, 59) else _at(day, closes)
            begin = _at(day, opens)
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((begin, end))
        return merged


def due_time(market: Market, start: datetime, minutes: int, *, urgent: bool) -> datetime:
    """When `minutes` of the market's open time have passed since `start`.

    Urgent counts every minute; so does a market without hours. A count that is used up at
    closing time is due then, not at the next opening. Two statements, none when urgent.
    """
    left = timedelta(minutes=minutes)
    if urgent or minutes <= 0:
        return start + max(left, timedelta(0))
    first = _local_day(start)
    week = week_of(market, since=first)
    for begin, end in _open_spans(week, first):
        begin = max(begin, start)
        if begin >= end:
            continue
        if begin + left <= end:
            return begin + left
        left -= end - begin
    # Shut for good. Inexact on purpose: nothing is due on a clock that never runs.
    return start + timedelta(minutes=minutes)


def is_open_at(market: Market, at: datetime) -> bool:
    """Is the market open at that moment? From opening up to, not including, closing."""
    day = _local_day(at)
    return any(begin <= at < end for begin, end in week_of(market, since=day).on(day))


class OpenNow(NamedTuple):
    """`until` is today's closing time when open; `next_at` the next opening when closed."""

    is_open: bool
    has_hours: bool
    today: list[tuple[datetime, datetime]]
    until: datetime | None
    next_at: datetime | None


def open_now(market: Market, at: datetime | None = None) -> OpenNow:
    """The sentence above a stall: open until when, or closed and open again when."""
    at = at or timezone.now()
    day = _local_day(at)
    week = week_of(market, since=day)
    today = week.on(day)
    until = next((end for begin, end in today if begin <= at < end), None)
    next_at = None
    if until is None:
        soon = (begin for offset in range(15) for begin, _end in week.on(day + offset * DAY))
        next_at = next((begin for begin in soon if begin > at), None)
    return OpenNow(until is not None, bool(week.spans), today, until, next_at)


def week_of(market: Market, *, since: date) -> Week:
    """Read the market's hours and its days off from that day on. Two statements."""
    spans: dict[int, list[tuple[time, time]]] = {}
    for row in market.hours.all():
        spans.setdefault(row.weekday, []).append((row.opens, row.closes))
    closed = frozenset(row.day for row in market.closed_days.all() if row.day >= since)
    return Week(spans, closed)


def _open_spans(week: Week, first: date) -> Iterator[tuple[datetime, datetime]]:
    day, shut = first, 0
    while shut < GIVE_UP_AFTER:
        spans = week.on(day)
        yield from spans
        shut = 0 if spans else shut + 1
        day += DAY


def _local_day(at: datetime) -> date:
    return timezone.localdate(at, timezone.get_default_timezone())


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=timezone.get_default_timezone())
