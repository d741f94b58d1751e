"""The broker is emptied, killed or hangs in mid-story: nothing is lost, and nobody waits for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.actions import queue_sms
from accounts.models import Sms
from reports import actions
from reports.models import FollowUp, Order, Photo, Report
from reports.states import State
from tests.faults.beat import Beat
from tests.makers import City, make_city
from tests.processes import Broker, Worker, wait_until
from tests.reports.helpers import form_fields, jpeg, upload

pytestmark = pytest.mark.fault
PATIENCE = 6.0  # seconds; a broker that hangs costs 3 s once, the rest is for a busy machine


@pytest.fixture
def city(transactional_db: None) -> City:
    return make_city()


@pytest.fixture
def beats(transactional_db: None) -> Iterator[list[Beat]]:
    """A beat that a test puts in here ends with the test."""
    started: list[Beat] = []
    yield started
    for beat in started:
        beat.end()


def submit(city: City) -> Report:
    """Through the door, by the citizen, with two photos."""
    client = Client()
    client.force_login(city.citizen)
    answer = client.post("/report/", form_fields(city, photo_wide=upload(jpeg(2))))
    assert answer.status_code == 303, answer.content.decode()
    report = Report.objects.latest("pk")
    assert answer["Location"] == f"/report/{report.number}/"
    return report


def photos(report: Report) -> list[str]:
    return [photo.status for photo in Photo.objects.filter(report=report)]


def ready(report: Report) -> bool:
    return photos(report) == [Photo.Status.READY] * 2


def dispatched(report: Report) -> bool:
    report.refresh_from_db()
    return report.state == State.DISPATCHED


def test_emptied_in_mid_story_and_the_sweep_ends_it(
    broker: Broker,
    worker_env: dict[str, str],
    city: City,
    beats: list[Beat],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    report = submit(city)
    broker.flush()
    request.getfixturevalue("worker")

    # The control: bells are heard again, and yet nobody rings for what was forgotten.
    queue_sms(phone="+8610055500001", kind=Sms.Kind.NOTICE, body="您的上报已收到")
    wait_until(lambda: Sms.objects.get().sent_at, what="the worker does what it is rung for")
    assert photos(report) == [Photo.Status.PENDING] * 2
    assert Photo.objects.filter(due_at__isnull=False, attempts=0).count() == 2

    beats.append(Beat(worker_env, tmp_path))
    wait_until(lambda: ready(report), what="the sweep has the photos processed")
    actions.verify_report(report_id=report.pk, by=city.manager)
    wait_until(lambda: dispatched(report), what="the report is dispatched")
    assert Order.objects.get(report=report).department == city.department


def test_killed_before_the_story_begins_and_back_later(
    broker: Broker,
    worker_env: dict[str, str],
    worker: Worker,
    city: City,
    beats: list[Beat],
    tmp_path: Path,
) -> None:
    beats.append(Beat(worker_env, tmp_path))
    broker.kill()

    started = time.monotonic()
    report = submit(city)
    actions.verify_report(report_id=report.pk, by=city.manager)
    assert time.monotonic() - started < PATIENCE
    assert photos(report) == [Photo.Status.PENDING] * 2
    assert Photo.objects.filter(due_at__isnull=False, attempts=0).count() == 2
    assert FollowUp.objects.filter(due_at__isnull=False, attempts=0).count() == 1

    broker.start()
    # Worker and beat find it again by themselves.
    wait_until(lambda: ready(report), seconds=60, what="the photos are processed")
    wait_until(lambda: dispatched(report), what="the report is dispatched")
    assert Order.objects.filter(report=report).count() == 1
    assert report.moves.filter(verb="dispatch").count() == 1
    assert worker.process.poll() is None
    assert beats[0].process.poll() is None


def test_one_that_hangs_holds_up_the_first_and_then_nobody(broker: Broker, city: City) -> None:
    assert broker.server is not None
    submit(city)  # with a connection that stands
    broker.server.send(signal.SIGSTOP)
    try:
        started = time.monotonic()
        submit(city)
        assert time.monotonic() - started < PATIENCE
        started = time.monotonic()
        for _each in range(3):
            submit(city)
        assert time.monotonic() - started < PATIENCE
    finally:
        broker.server.send(signal.SIGCONT)
    assert Photo.objects.filter(due_at__isnull=False).count() == 10


def test_every_due_row_has_a_sweep_of_its_own() -> None:
    """A new kind of due row without a sweep would be lost with the first bell that is."""
    from django.apps import apps

    from config.due import DueRow

    kinds = {model for model in apps.get_models() if issubclass(model, DueRow)}
    assert kinds == {Sms, Photo, FollowUp}
    swept = {
        entry["task"]
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["schedule"] == 60.0
    }
    assert swept == {
        "accounts.send_due_sms",
        "reports.process_due_photos",
        "reports.do_due_follow_ups",
    }
