import datetime as dt

import pytest

from points.calendar import NEVER, expiry_of, local_date, month_end


@pytest.mark.parametrize(
    ("earned", "months", "last_day"),
    [
        (dt.date(2026, 1, 1), 12, dt.date(2027, 1, 31)),
        (dt.date(2026, 1, 31), 12, dt.date(2027, 1, 31)),
        (dt.date(2027, 2, 28), 12, dt.date(2028, 2, 29)),  # into a leap year
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),  # out of one
        (dt.date(2026, 12, 31), 1, dt.date(2027, 1, 31)),
        (dt.date(2026, 12, 31), 0, dt.date(2026, 12, 31)),
        (dt.date(2026, 8, 31), 6, dt.date(2027, 2, 28)),
        (dt.date(2026, 8, 31), None, NEVER),
    ],
)
def test_points_die_at_the_end_of_a_month(earned, months, last_day):
    assert expiry_of(earned, months) == last_day


def test_a_year_of_months_has_thirteen_open_ends():
    today = dt.date(2026, 11, 21)
    ends = {expiry_of(today - dt.timedelta(days=n), 12) for n in range(366 + 31)}
    assert len([end for end in ends if end >= today]) == 13


def test_the_day_is_the_residents_day():
    late_in_london = dt.datetime(2026, 12, 31, 16, 0, tzinfo=dt.UTC)
    assert local_date(late_in_london) == dt.date(2027, 1, 1)
    assert local_date(late_in_london - dt.timedelta(seconds=1)) == dt.date(2026, 12, 31)


def test_month_end_goes_back_too():
    assert month_end(dt.date(2026, 3, 5), months=-1) == dt.date(2026, 2, 28)
