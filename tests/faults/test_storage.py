"""The disk of the photos is full: a sentence, nothing half-written, nothing lost."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.utils import timezone

from reports import actions, tasks
from reports.errors import ReportRefused
from reports.models import Draft, Photo, Report
from reports.states import State
from tests.faults.full_disk import FullDisk
from tests.makers import City, make_city
from tests.reports.helpers import (
    after_photo,
    brought_to,
    files_on_disk,
    form_fields,
    fresh,
    jpeg,
    order_of,
    submit,
    upload,
)

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
SENTENCE = "照片暂时存不下，请过几分钟再试；您写的文字都还在。"
OURS = "我们这边出了问题"


@pytest.fixture
def city(db: None) -> City:
    return make_city()


@pytest.fixture
def client(city: City) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(city.citizen)
    return client


def disk_has_room_for(settings: Any, files: int | None) -> None:
    """Or for everything, with None."""
    backend = "django.core.files.storage.FileSystemStorage"
    if files is not None:
        FullDisk.files_left, backend = files, "tests.faults.full_disk.FullDisk"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend}}


@pytest.mark.parametrize("files_left", [0, 1])
def test_a_report_is_refused_in_words_and_goes_through_later(
    client: Client, city: City, settings: Any, files_left: int
) -> None:
    key = str(uuid4())

    def send() -> Any:
        fields = form_fields(city, key=key, photo_wide=upload(jpeg(2)), words="鱼摊的水流到过道上")
        return client.post("/report/", fields)

    disk_has_room_for(settings, files_left)
    answer = send()
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count(SENTENCE) == 1
    assert "鱼摊的水流到过道上" in page
    assert not Report.objects.exists()
    assert files_on_disk(settings) == []
    assert Draft.objects.get().fields["words"] == "鱼摊的水流到过道上"

    disk_has_room_for(settings, None)
    assert send().status_code == 303
    assert Photo.objects.filter(report=Report.objects.get()).count() == 2
    assert len(files_on_disk(settings)) == 2


def test_without_room_even_for_the_upload_nothing_is_left_and_it_is_said_whose_fault_it_is(
    client: Client, city: City, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # so that even a small photo goes by the disk

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    fields = form_fields(city)
    with monkeypatch.context() as patch:
        patch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
        answer = client.post("/report/", fields)
    assert answer.status_code == 500
    assert OURS in answer.content.decode()
    assert not Report.objects.exists()
    assert files_on_disk(settings) == []

    fields["photo_near"].seek(0)
    assert client.post("/report/", fields).status_code == 303
    assert Report.objects.count() == 1


def test_a_fix_is_refused_and_the_order_stays(city: City, settings: Any) -> None:
    report = brought_to(State.IN_PROGRESS, city)
    before = files_on_disk(settings)
    disk_has_room_for(settings, 0)
    with pytest.raises(ReportRefused) as refusal:
        actions.finish_order(
            order_id=order_of(report).pk, by=city.handler, key=uuid4(), photo=after_photo()
        )
    assert refusal.value.code == "storage"
    assert fresh(report).state == State.IN_PROGRESS
    assert files_on_disk(settings) == before


@pytest.mark.parametrize("files_left", [0, 1])
def test_pictures_that_do_not_fit_are_made_later(
    city: City, settings: Any, files_left: int
) -> None:
    submit(city)
    original = files_on_disk(settings)
    disk_has_room_for(settings, files_left)
    tasks.process_due_photos()
    photo = Photo.objects.get()
    assert (photo.status, photo.attempts) == (Photo.Status.PENDING, 1)
    assert photo.due_at is not None
    assert photo.due_at > timezone.now()
    assert "No space left" in photo.last_error
    assert files_on_disk(settings) == original

    disk_has_room_for(settings, None)
    Photo.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tasks.process_due_photos()
    assert Photo.objects.get().status == Photo.Status.READY
    assert len(files_on_disk(settings)) == 3
