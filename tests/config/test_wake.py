"""The bell rings after commit, not before, and a broken bell stops nobody."""

from types import SimpleNamespace

import pytest
from celery import current_app
from django.db import transaction

from config.wake import SILENCE, ring, wake


@pytest.mark.django_db(transaction=True)
def test_it_rings_after_commit(bell) -> None:
    with transaction.atomic():
        wake("reports.process_due_photos")
        assert bell == []
    assert bell == ["reports.process_due_photos"]


@pytest.mark.django_db(transaction=True)
def test_it_is_silent_after_a_rollback(bell) -> None:
    with transaction.atomic():
        wake("reports.process_due_photos")
        transaction.set_rollback(True)
    assert bell == []


def test_a_broker_that_is_away_is_logged_and_nothing_else(monkeypatch, caplog) -> None:
    def away(name, **how):
        raise ConnectionError("nobody there")

    monkeypatch.setattr(current_app, "send_task", away)
    ring("reports.process_due_photos")
    assert "bell not heard: reports.process_due_photos (ConnectionError)" in caplog.text


def test_a_broker_that_is_away_is_left_alone_for_a_while(monkeypatch) -> None:
    tried = []

    def away(name, **how):
        tried.append(name)
        raise ConnectionError("nobody there")

    clock = iter([1.0, 1.0, SILENCE, SILENCE + 2, SILENCE + 2])  # a failure reads it twice
    monkeypatch.setattr("config.wake.time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(current_app, "send_task", away)
    for _each in range(3):
        ring("reports.process_due_photos")
    assert len(tried) == 2  # the second of the three was not tried
