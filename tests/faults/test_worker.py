"""A worker is killed in the middle, or dies of a photo: the work is done, once, or given up."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from config.due import LEASE, MAX_ATTEMPTS
from config.wake import ring
from reports import actions
from reports.models import Photo, Report
from reports.states import State
from tests.faults.test_serve import children_of
from tests.makers import City, make_city
from tests.processes import Process, Worker, wait_until
from tests.reports.helpers import files_on_disk, new_photo, submit

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="finds a worker's processes in /proc"),
]
PHOTOS = "reports.process_due_photos"


@pytest.fixture
def city(transactional_db: None) -> City:
    return make_city()


@pytest.fixture
def workers(worker_env: dict[str, str]) -> Iterator[list[Process]]:
    """A worker that a test puts in here ends with the test."""
    started: list[Process] = []
    yield started
    for worker in started:
        worker.end(number=signal.SIGKILL)


class DeadlyWorker(Process):
    """A real worker for which one photo is poison; see tests.faults.deadly."""

    def __init__(self, env: dict[str, str], *, where: str, photo: Photo) -> None:
        super().__init__(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.faults.deadly", "worker"),
                *("-Q", "celery", "--pool=prefork", "--concurrency=1", "--loglevel=INFO"),
                *("--without-gossip", "--without-mingle", "-n", "deadly@here"),
            ],
            env={**env, "DEADLY": where, "DEADLY_DIGEST": photo.digest},
        )
        self.said("ready.", seconds=60)


def let_the_lease_end(photo: Photo) -> None:
    """As if its two minutes were over."""
    row = Photo.objects.get(pk=photo.pk)
    assert row.due_at is not None
    assert timezone.now() < row.due_at <= timezone.now() + LEASE
    Photo.objects.filter(pk=photo.pk).update(due_at=timezone.now() - timedelta(seconds=1))


def fresh(photo: Photo) -> Photo:
    return Photo.objects.get(pk=photo.pk)


def in_the_middle_of(photo: Photo) -> Path:
    """Let whoever opens the original wait there for ever, as on a disk that hangs."""
    path = Path(settings.MEDIA_ROOT) / photo.original.name
    path.rename(path.with_suffix(".kept"))
    os.mkfifo(path)
    return path


def no_longer_hanging(path: Path) -> None:
    path.unlink()
    path.with_suffix(".kept").rename(path)


@pytest.mark.parametrize("whom", ["everything", "its process only"])
def test_killed_while_it_processes_a_photo(
    city: City, worker_env: dict[str, str], workers: list[Process], whom: str
) -> None:
    report = submit(city)
    photo = Photo.objects.get()
    path = in_the_middle_of(photo)
    first = Worker(worker_env)
    workers.append(first)
    ring(PHOTOS)
    wait_until(lambda: fresh(photo).attempts == 1, what="the worker is at it")

    if whom == "everything":
        first.kill_group()
        workers.append(Worker(worker_env))
    else:  # as when the machine runs out of memory; the worker gets itself another process
        (at_work,) = children_of(first.pid)
        os.kill(at_work, signal.SIGKILL)
        wait_until(
            lambda: children_of(first.pid) not in ([], [at_work]), what="another process is there"
        )
    no_longer_hanging(path)
    assert fresh(photo).status == Photo.Status.PENDING
    assert fresh(photo).attempts == 1

    let_the_lease_end(photo)
    ring(PHOTOS)
    wait_until(lambda: fresh(photo).status == Photo.Status.READY, what="the photo is ready")
    assert fresh(photo).attempts == 2
    assert fresh(photo).due_at is None
    assert Photo.objects.filter(report=report).count() == 1
    names = [photo.original.name, fresh(photo).large.name, fresh(photo).small.name]
    assert sorted(names) == files_on_disk(settings)


def page_of(report: Report, city: City) -> str:
    client = Client()
    client.force_login(city.citizen)
    answer = client.get(f"/report/{report.number}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_decoder_that_dies_costs_the_photo_and_neither_worker_nor_report(
    city: City, worker_env: dict[str, str], workers: list[Process]
) -> None:
    report = submit(city, photos=[new_photo(0, seed=1), new_photo(1, Photo.Kind.WIDE, seed=2)])
    poison, good = Photo.objects.order_by("pk")
    worker = DeadlyWorker(worker_env, where="decoder", photo=poison)
    workers.append(worker)
    (process,) = children_of(worker.pid)
    ring(PHOTOS)
    wait_until(lambda: fresh(poison).status == Photo.Status.FAILED, what="it is given up")
    assert fresh(poison).attempts == 1
    assert fresh(poison).refusal == "unreadable"
    assert fresh(poison).due_at is None
    assert "这张照片无法读取，请再补一张。" in page_of(report, city)
    wait_until(lambda: fresh(good).status == Photo.Status.READY, what="the other photo is ready")
    assert children_of(worker.pid) == [process]
    assert Report.objects.get().state == State.SUBMITTED


def deaths(worker: Process) -> int:
    return sum("Task handler raised error: WorkerLostError" in line for line in worker.lines)


def test_a_photo_that_kills_every_worker_is_given_up_and_the_others_are_not(
    city: City, worker_env: dict[str, str], workers: list[Process]
) -> None:
    poisoned = submit(city)
    poison = Photo.objects.get()
    already = MAX_ATTEMPTS - 2  # so that the test sees the last two deaths, and not six
    Photo.objects.update(attempts=already)
    worker = DeadlyWorker(worker_env, where="worker", photo=poison)
    workers.append(worker)
    for death in (1, 2):
        ring(PHOTOS)
        wait_until(
            lambda death=death: fresh(poison).attempts == already + death, what="it is taken"
        )
        wait_until(
            lambda death=death: deaths(worker) == death,
            what="who took it died",
        )
        let_the_lease_end(poison)

    other = submit(city, photos=[new_photo(seed=2)])
    ring(PHOTOS)
    wait_until(
        lambda: Photo.objects.get(report=other).status == Photo.Status.READY,
        what="a photo behind it is processed",
    )
    stuck = fresh(poison)
    assert stuck.attempts == MAX_ATTEMPTS
    assert stuck.stuck_at is not None
    assert stuck.due_at is None
    assert "worker died" in stuck.last_error
    assert deaths(worker) == 2

    # The report stays, says so, and takes another photo; closing it would not wait for ever.
    poisoned.refresh_from_db()
    assert poisoned.state == State.SUBMITTED
    page = page_of(poisoned, city)
    assert "data-pending" not in page
    assert "这张照片无法读取，请再补一张。" in page
    actions.add_photo(
        key=poisoned.key, report_id=poisoned.pk, by=city.citizen, photo=new_photo(seed=3)
    )
    ring(PHOTOS)
    wait_until(
        lambda: Photo.objects.filter(report=poisoned, status=Photo.Status.READY).count() == 1,
        what="the new photo is ready",
    )
