"""A bell that is heard, and one that is not: real Celery, real Valkey."""

from __future__ import annotations

import time

import pytest

from config.celery import app
from config.wake import ring
from tests.processes import Broker, Worker, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def test_a_bell_reaches_a_worker_also_after_the_broker_was_killed(
    broker: Broker, worker: Worker
) -> None:
    task = "accounts.send_due_sms"
    ring(task)
    worker.said(f"Task {task}[", seconds=30)

    broker.kill()
    started = time.monotonic()
    ring(task)  # not heard, and the one who rang is not held up by it
    assert time.monotonic() - started < 8
    broker.start()

    heard = worker.output.count(f"Task {task}[")

    def rings_again() -> bool:
        ring(task)
        return worker.output.count(f"Task {task}[") > heard

    wait_until(rings_again, seconds=60, what="the worker hears the bell again")


def test_tests_ring_nobody_by_default(bell: list[str]) -> None:
    from config import wake

    wake.ring("accounts.send_due_sms")
    assert bell == ["accounts.send_due_sms"]
    assert app.conf.broker_url.startswith("redis://")
