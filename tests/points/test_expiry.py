import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from points import queries
from points.actions import expire, expiry, household, person
from points.models import Bucket, Transfer
from points.states import Unit
from points.tasks import expire_nightly
from tests.points.ledger import assert_whole, give, make_ledger, make_rule, use, when

pytestmark = pytest.mark.django_db
LI = person(1)


@pytest.fixture
def programme():
    return make_ledger()


@pytest.mark.parametrize(
    ("earned", "last_day"),
    [
        (when(2025, 1, 5), dt.date(2026, 1, 31)),  # month end
        (when(2027, 2, 5), dt.date(2028, 2, 29)),  # leap day
        (when(2025, 12, 31, 23, 59), dt.date(2026, 12, 31)),  # year end
    ],
)
def test_points_live_through_their_last_day(programme, earned, last_day):
    give(LI, programme, 10, at=earned)
    assert expire(on=last_day) == (0, 0, 0)
    assert queries.available(LI, programme, on=last_day) == 10
    assert expire(on=last_day + dt.timedelta(days=1)) == (1, 1, 10)
    assert queries.available(LI, programme, on=earned.date()) == 0
    assert_whole()


def test_an_expiry_is_a_transfer_to_expired(programme):
    give(LI, programme, 10, at=when(2025, 1, 5))
    give(LI, programme, 5, at=when(2025, 2, 5))
    give(LI, programme, 2, at=when(2025, 3, 5))
    use(LI, programme, 4, at=when(2025, 3, 6))
    assert expire(on=dt.date(2026, 3, 1)) == (1, 2, 11)
    transfer = Transfer.objects.get(kind="expiry")
    assert (transfer.debit.kind, transfer.credit.kind) == ("person", "expired")
    assert (transfer.points, transfer.debit_after) == (11, 2)
    assert transfer.booked_on == dt.date(2026, 3, 1)
    assert sorted(transfer.uses.values_list("points", flat=True)) == [-6, -5]
    assert list(Bucket.objects.order_by("expires_on").values_list("remaining", flat=True)) == [
        0,
        0,
        2,
    ]
    assert_whole()


def test_the_second_run_changes_nothing(programme):
    give(LI, programme, 10, at=when(2025, 1, 5))
    expire(on=dt.date(2026, 3, 1))
    before = list(Transfer.objects.values())
    assert expire(on=dt.date(2026, 3, 1)) == (0, 0, 0)
    assert expire(on=dt.date(2026, 2, 1)) == (0, 0, 0)
    assert list(Transfer.objects.values()) == before


def test_chunks_add_up_and_a_stopped_run_goes_on(programme, monkeypatch):
    holders = [person(n) for n in range(1, 8)] + [household(n) for n in range(1, 4)]
    for holder in holders:
        give(holder, programme, 3, at=when(2025, 1, 5))
        give(holder, programme, 4, at=when(2025, 2, 5))
    chunk = expiry._expire_chunk
    calls = []

    def stop_at_the_third(on, size):
        calls.append(on)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return chunk(on, size)

    monkeypatch.setattr(expiry, "_expire_chunk", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        expire(on=dt.date(2026, 3, 1), chunk=3)
    half = Transfer.objects.filter(kind="expiry").count()
    assert 0 < half < len(holders)
    assert_whole()
    monkeypatch.undo()
    done = expire(on=dt.date(2026, 3, 1), chunk=3)
    assert done.accounts == len(holders) - half
    assert Transfer.objects.filter(kind="expiry").count() == len(holders)
    assert sum(Bucket.objects.values_list("remaining", flat=True)) == 0
    assert_whole()


def test_honour_and_points_for_good_stay(programme):
    make_rule(programme, "kind", 5, unit=Unit.HONOUR)
    give(LI, programme, 1, rule_code="kind", at=when(2021, 1, 1))
    give(LI, make_ledger(validity_months=None), 5, at=when(2021, 1, 1))
    assert expire(on=dt.date(2099, 1, 1)) == (0, 0, 0)


def test_what_expires_next(programme):
    assert queries.expiring_next(LI, programme, on=dt.date(2026, 1, 1)) is None
    give(LI, programme, 3, at=when(2025, 1, 5))
    give(LI, programme, 4, at=when(2025, 1, 25))
    give(LI, programme, 5, at=when(2025, 2, 5))
    next_one = queries.expiring_next(LI, programme, on=dt.date(2026, 1, 31))
    assert next_one == (7, dt.date(2026, 1, 31))
    # The night is late: what is dead is not announced any more.
    next_one = queries.expiring_next(LI, programme, on=dt.date(2026, 2, 1))
    assert next_one == (5, dt.date(2026, 2, 28))


def test_one_question_for_the_balance(programme, django_assert_num_queries):
    give(LI, programme, 3)
    with django_assert_num_queries(1):
        assert queries.available(LI, programme) == 3
    with django_assert_num_queries(1):
        assert queries.expiring_next(LI, programme).points == 3


# --- by command and by night -------------------------------------------------------------------


def test_the_command_expires_for_a_day(programme, time_machine):
    time_machine.move_to(when(2026, 3, 1, 0, 30), tick=False)
    give(LI, programme, 10, at=when(2025, 1, 5))
    give(LI, programme, 7, at=when(2025, 2, 5))
    out = StringIO()
    call_command("expire_points", "--on", "2026-02-28", stdout=out)
    assert "10 points in 1 buckets of 1 accounts" in out.getvalue()
    call_command("expire_points", stdout=out)
    assert "\n7 points in 1 buckets of 1 accounts" in out.getvalue()
    call_command("expire_points", stdout=out)
    assert "\n0 points in 0 buckets of 0 accounts" in out.getvalue()


def test_the_command_does_not_kill_what_is_alive(programme):
    give(LI, programme, 10)
    with pytest.raises(CommandError, match="in the future"):
        call_command("expire_points", "--on", "2099-01-01")
    assert queries.available(LI, programme) == 10
    call_command("expire_points", "--on", "2099-01-01", "--ahead", stdout=StringIO())
    assert queries.available(LI, programme) == 0


def test_the_night_expires_by_the_residents_calendar(programme, time_machine):
    give(LI, programme, 10, at=when(2025, 1, 5))
    time_machine.move_to(dt.datetime(2026, 1, 31, 15, 59, tzinfo=dt.UTC), tick=False)
    expire_nightly()
    assert queries.available(LI, programme) == 10
    time_machine.move_to(dt.datetime(2026, 1, 31, 16, 1, tzinfo=dt.UTC), tick=False)
    expire_nightly()
    assert Transfer.objects.get(kind="expiry").booked_on == dt.date(2026, 2, 1)
