"""Due rows: claimed once, given back by time, and stuck in the end. Seen on text messages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.crypto import encrypt
from accounts.models import Sms
from config.due import BACK_OFF, MAX_ATTEMPTS, claim, fail, retry, settle

pytestmark = pytest.mark.django_db


def make_row(**fields: object) -> Sms:
    return Sms.objects.create(
        kind=Sms.Kind.CODE, phone_hash="h", to_cipher=encrypt("+8610000000000"), **fields
    )


def test_a_claimed_row_is_not_claimed_again_while_its_lease_lasts() -> None:
    row = make_row()
    assert [each.pk for each in claim(Sms.objects.all())] == [row.pk]
    assert claim(Sms.objects.all()) == []


def test_a_row_whose_worker_died_is_due_again_after_the_lease(time_machine) -> None:
    make_row()
    claim(Sms.objects.all(), lease=timedelta(minutes=2))
    time_machine.move_to(timezone.now() + timedelta(minutes=2, seconds=1), tick=False)
    assert [each.attempts for each in claim(Sms.objects.all())] == [2]


def test_a_row_of_the_future_is_left_alone() -> None:
    make_row(due_at=timezone.now() + timedelta(seconds=30))
    assert claim(Sms.objects.all()) == []


def test_a_settled_row_is_never_due_again() -> None:
    make_row()
    (row,) = claim(Sms.objects.all())
    settle(row)
    row.refresh_from_db()
    assert row.due_at is None
    assert row.stuck_at is None


def test_failures_back_off_and_end_stuck_with_the_last_error(time_machine) -> None:
    make_row()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (row,) = claim(Sms.objects.all())
        assert row.attempts == attempt
        before = timezone.now()
        fail(row, ValueError("provider said 500"))
        row.refresh_from_db()
        if attempt < MAX_ATTEMPTS:
            wait = timedelta(seconds=BACK_OFF[attempt - 1])
            assert row.due_at - before >= wait - timedelta(seconds=1)
            time_machine.move_to(row.due_at + timedelta(seconds=1), tick=False)
    assert row.due_at is None
    assert row.stuck_at is not None
    assert row.last_error == "ValueError: provider said 500"
    assert claim(Sms.objects.all()) == []


def test_a_final_failure_is_stuck_at_once_and_retry_gives_it_new_attempts() -> None:
    make_row()
    (row,) = claim(Sms.objects.all())
    fail(row, "no such number", final=True)
    assert claim(Sms.objects.all()) == []
    retry(row)
    assert [each.attempts for each in claim(Sms.objects.all())] == [1]


def test_what_somebody_else_settled_meanwhile_is_not_stuck() -> None:
    make_row()
    (row,) = claim(Sms.objects.all())
    settle(Sms.objects.get())
    assert not fail(row, "too late", final=True)
    row.refresh_from_db()
    assert (row.due_at, row.stuck_at, row.last_error) == (None, None, "")


def test_whoever_lost_the_lease_does_not_shorten_that_of_the_next(time_machine) -> None:
    make_row()
    (slow,) = claim(Sms.objects.all())
    time_machine.move_to(timezone.now() + timedelta(minutes=2, seconds=1), tick=False)
    (quick,) = claim(Sms.objects.all())
    assert not fail(slow, "too late")
    assert claim(Sms.objects.all()) == []
    assert fail(quick, "no answer")


def test_claims_come_soonest_due_first_and_no_more_than_asked() -> None:
    late = make_row(due_at=timezone.now() - timedelta(seconds=10))
    later = make_row(due_at=timezone.now() - timedelta(minutes=5))
    make_row(due_at=timezone.now() - timedelta(seconds=1))
    assert [row.pk for row in claim(Sms.objects.all(), limit=2)] == [later.pk, late.pk]


def test_a_row_that_kills_every_worker_ends_stuck(time_machine) -> None:
    row = make_row()
    for _attempt in range(MAX_ATTEMPTS):
        assert [each.pk for each in claim(Sms.objects.all())] == [row.pk]
        time_machine.move_to(timezone.now() + timedelta(minutes=2, seconds=1), tick=False)
    assert claim(Sms.objects.all()) == []
    row.refresh_from_db()
    assert row.stuck_at is not None
    assert row.due_at is None
    assert "worker died" in row.last_error


def test_rows_given_up_do_not_hide_the_others(time_machine) -> None:
    now = timezone.now()
    for _each in range(3):
        make_row(attempts=MAX_ATTEMPTS, due_at=now - timedelta(minutes=1))
    good = make_row()
    assert [each.pk for each in claim(Sms.objects.all(), limit=1)] == [good.pk]
    assert Sms.objects.filter(stuck_at__isnull=False).count() == 3
