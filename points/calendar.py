"""Months and expiry by the local calendar (settings.TIME_ZONE), never by UTC."""

import calendar
from datetime import date, datetime

from django.utils import timezone

# Points that never expire sit in a bucket with this date, so that every bucket has one.
NEVER = date(9999, 12, 31)


def local_date(at: datetime | None = None) -> date:
    """The calendar day of `at` (default: now) where the residents live."""
    return timezone.localdate(at)


def month_of(day: date) -> date:
    """The first day of the day's month; how months are stored."""
    return day.replace(day=1)


def month_end(day: date, *, months: int = 0) -> date:
    """The last day of the month that comes `months` after the day's month."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, calendar.monthrange(year, month0 + 1)[1])


def expiry_of(earned_on: date, validity_months: int | None) -> date:
    """The last day on which points earned that day can be spent.

    All points of one month die together at a month's end: 12 months of validity make
    20 January 2026 end on 31 January 2027.
    """
    if validity_months is None:
        return NEVER
    return month_end(earned_on, months=validity_months)
