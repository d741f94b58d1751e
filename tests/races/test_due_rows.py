"""Due rows under many hands: each is claimed once, and nobody waits for anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from accounts.crypto import encrypt
from accounts.models import Sms
from config.due import MAX_ATTEMPTS, claim
from tests.points.threads import Gate, all_at_once, while_first_waits

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def make_rows(count: int) -> set[int]:
    """Due since now, a second apart, so that there is one order."""
    now, to = timezone.now(), encrypt("+8610000000000")
    rows = Sms.objects.bulk_create(
        Sms(
            kind=Sms.Kind.NOTICE,
            phone_hash="h",
            to_cipher=to,
            due_at=now - timedelta(seconds=count - place),
        )
        for place in range(count)
    )
    return {row.pk for row in rows}


def claimed(limit: int = 2) -> list[int]:
    return [row.pk for row in claim(Sms.objects.all(), limit=limit)]


def between_reading_and_writing(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Holds up the first who has read due rows, before any of them is written."""
    gate = Gate()
    save = Sms.save

    def held(row: Sms, **how: Any) -> None:
        gate.pass_through()
        save(row, **how)

    monkeypatch.setattr(Sms, "save", held)
    return gate


def test_two_at_once_get_different_rows_and_neither_waits(monkeypatch) -> None:
    rows = make_rows(4)
    gate = between_reading_and_writing(monkeypatch)
    one, two, waited = while_first_waits(gate, claimed, claimed)
    assert not waited
    assert len(one) == len(two) == 2
    assert set(one) | set(two) == rows
    assert set(Sms.objects.values_list("attempts", flat=True)) == {1}


def test_control_without_a_lock_both_get_the_same_rows(monkeypatch) -> None:
    make_rows(4)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows)
    gate = between_reading_and_writing(monkeypatch)
    one, two, _waited = while_first_waits(gate, claimed, claimed)
    assert one == two
    assert len(one) == 2


def test_control_without_skipping_the_second_waits_for_nothing(monkeypatch) -> None:
    make_rows(4)
    lock = QuerySet.select_for_update
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: lock(rows))
    gate = between_reading_and_writing(monkeypatch)
    one, two, waited = while_first_waits(gate, claimed, claimed)
    assert waited
    assert len(one) == 2
    assert not set(one) & set(two)


def test_eight_workers_empty_the_queue_and_each_row_is_done_once() -> None:
    rows = make_rows(60)

    def work() -> list[int]:
        done: list[int] = []
        while batch := claimed(limit=3):
            done += batch
        return done

    outcomes = all_at_once([work] * 8)
    done = [pk for outcome in outcomes for pk in outcome]
    assert sorted(done) == sorted(rows)
    assert set(Sms.objects.values_list("attempts", flat=True)) == {1}


def test_a_lease_that_ended_is_claimed_by_one_of_two(monkeypatch) -> None:
    (row,) = make_rows(1)
    claimed()
    Sms.objects.update(due_at=timezone.now() - timedelta(seconds=1))  # its worker was killed
    gate = between_reading_and_writing(monkeypatch)
    one, two, _waited = while_first_waits(gate, claimed, claimed)
    assert (one, two) == ([row], [])
    assert Sms.objects.get().attempts == 2


def test_giving_up_a_row_that_kills_its_workers_happens_once(monkeypatch) -> None:
    poison, good = sorted(make_rows(2))
    Sms.objects.filter(pk=poison).update(attempts=MAX_ATTEMPTS)
    gate = between_reading_and_writing(monkeypatch)
    one, two, waited = while_first_waits(gate, claimed, claimed)
    assert not waited
    assert (one, two) == ([good], [])
    row = Sms.objects.get(pk=poison)
    assert row.stuck_at is not None
    assert row.due_at is None
    assert "died" in row.last_error
