"""What follows by itself, also when workers die, repeat themselves, or hear no bell."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from config.due import MAX_ATTEMPTS
from reports import actions, tasks
from reports.imaging.refusals import PhotoRefused
from reports.models import FollowUp, Photo, Report
from reports.states import State
from tests.processes import Broker
from tests.reports.helpers import (
    BAD,
    brought_to,
    files_on_disk,
    form_fields,
    fresh,
    new_photo,
    submit,
    upload,
)
from tests.signing_in import signed_in


def again(photo: Photo) -> None:
    """The lease or the back-off has passed."""
    Photo.objects.filter(pk=photo.pk).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_photo_becomes_two_pictures(city):
    submit(city)
    assert tasks.process_due_photos() == 1
    photo = Photo.objects.get()
    assert (photo.status, photo.due_at, photo.attempts) == ("ready", None, 1)
    assert (photo.width, photo.height) == (640, 480)
    assert photo.fingerprint is not None
    for name in (photo.large.name, photo.small.name):
        assert name.startswith("photos/")
        assert default_storage.exists(name)
    assert photo.large.name != photo.small.name


def test_a_second_run_changes_nothing(city, settings):
    submit(city)
    tasks.process_due_photos()
    before = files_on_disk(settings)
    assert tasks.process_due_photos() == 0
    again(Photo.objects.get())
    assert tasks.process_due_photos() == 1
    assert files_on_disk(settings) == before
    assert Photo.objects.get().due_at is None


def test_what_is_no_photo_fails_at_once_and_says_why(city):
    submit(city, photos=[new_photo()._replace(file=upload(BAD))])
    tasks.process_due_photos()
    photo = Photo.objects.get()
    assert (photo.status, photo.refusal, photo.due_at) == ("failed", "not_an_image", None)
    assert photo.stuck_at is None
    assert Report.objects.get().state == State.SUBMITTED


def test_a_decoder_out_of_memory_is_a_refusal(city, monkeypatch):
    def heavy(path):
        raise PhotoRefused("too_heavy")

    monkeypatch.setattr(tasks, "process_limited", heavy)
    submit(city)
    tasks.process_due_photos()
    assert Photo.objects.get().refusal == "too_heavy"


def test_other_errors_back_off_and_end_as_stuck(city, monkeypatch):
    def broken(path):
        raise OSError("no process left")

    monkeypatch.setattr(tasks, "process_limited", broken)
    submit(city)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert tasks.process_due_photos() == 1
        photo = Photo.objects.get()
        assert (photo.attempts, photo.status) == (attempt, "pending")
        assert "no process left" in photo.last_error
        if attempt < MAX_ATTEMPTS:
            assert photo.due_at > timezone.now()
            assert tasks.process_due_photos() == 0
            again(photo)
    assert photo.stuck_at is not None
    assert photo.due_at is None


def test_one_bad_photo_does_not_hold_up_the_others(city):
    submit(city, photos=[new_photo(0)._replace(file=upload(BAD)), new_photo(1, seed=2)])
    tasks.process_due_photos()
    assert list(Photo.objects.order_by("slot").values_list("status", flat=True)) == [
        "failed",
        "ready",
    ]


def test_reports_come_before_drafts(city, monkeypatch):
    actions.save_draft(key=uuid4(), by=None, fields={"words": "x"}, photos=[new_photo(seed=2)])
    submit(city)
    order = []
    record = actions.record_processed

    def noted(*, photo_id, processed):
        order.append(Photo.objects.get(pk=photo_id).report_id is not None)
        return record(photo_id=photo_id, processed=processed)

    monkeypatch.setattr(actions, "record_processed", noted)
    tasks.process_due_photos()
    assert order == [True, False]


def test_a_worker_that_died_leaves_its_photo_to_the_next(city, monkeypatch):
    def dies(path):
        raise SystemExit

    submit(city)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "process_limited", dies)
        with pytest.raises(SystemExit):
            tasks.process_due_photos()
    photo = Photo.objects.get()
    assert (photo.status, photo.attempts) == ("pending", 1)
    assert tasks.process_due_photos() == 0  # its lease still runs
    again(photo)
    assert tasks.process_due_photos() == 1
    assert Photo.objects.get().status == "ready"


@pytest.mark.django_db(transaction=True)
def test_a_draft_thrown_away_meanwhile_is_no_error(city, monkeypatch):
    key = uuid4()
    actions.save_draft(key=key, by=None, fields={"words": "x"}, photos=[new_photo()])

    def gone(path):
        actions.discard_draft(draft_id=key)
        raise OSError("gone")

    monkeypatch.setattr(tasks, "process_limited", gone)
    assert tasks.process_due_photos() == 1
    assert not Photo.objects.exists()


def test_an_unexpected_error_of_dispatch_is_tried_again(city, monkeypatch):
    report = brought_to(State.ACCEPTED, city)

    def broken(**about):
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(actions, "dispatch", broken)
        tasks.do_due_follow_ups()
    row = FollowUp.objects.get()
    assert "a mistake of ours" in row.last_error
    assert row.stuck_at is None
    FollowUp.objects.update(due_at=timezone.now())
    tasks.do_due_follow_ups()
    assert fresh(report).state == State.DISPATCHED


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_away_the_story_still_ends(city, broker: Broker):
    broker.kill()
    citizen = signed_in(city.citizen)
    assert citizen.post(reverse("reports:new"), form_fields(city)).status_code == 303
    report = Report.objects.get()
    actions.verify_report(report_id=report.pk, by=city.manager)
    # Nobody heard a bell; the sweep of the next minute finds the rows.
    assert tasks.process_due_photos() == 1
    assert tasks.do_due_follow_ups() == 1
    assert fresh(report).state == State.DISPATCHED
    assert report.photos.get().status == "ready"


def test_what_goes_wrong_with_a_photo_is_not_taken_for_a_distant_storage(settings) -> None:
    photo = SimpleNamespace(original=SimpleNamespace(name="originals/none"))
    with pytest.raises(NotImplementedError), tasks._on_disk(photo):
        raise NotImplementedError
