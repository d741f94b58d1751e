"""Reports brought as far as a test needs, through the real actions and tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from reports import actions, tasks
from reports.files import NewPhoto
from reports.models import Order, Photo, Report
from reports.states import State
from tests import camera
from tests.makers import City

SMALL = (640, 480)
BAD = b"this is not a photo at all\n" * 50


def jpeg(seed: int = 1) -> bytes:
    """A small camera photo; another seed is another picture."""
    return camera.photo(seed, size=SMALL)


def upload(data: bytes | None = None, name: str = "IMG_0001.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")


def new_photo(slot: int = 0, kind: str = Photo.Kind.NEAR, seed: int = 1) -> NewPhoto:
    return NewPhoto(slot, kind, upload(jpeg(seed)))


def after_photo(seed: int = 9) -> NewPhoto:
    return new_photo(kind=Photo.Kind.AFTER, seed=seed)


def submit(city: City, *, by: User | None = None, key: UUID | None = None, **more: Any) -> Report:
    """Submitted at the city's stall by the citizen, with one photo."""
    about: dict[str, Any] = {
        "category": city.category,
        "market": city.market,
        "stall": city.stall,
        "words": "菜摊占了半条过道",
        "photos": [new_photo()],
    }
    about |= more
    return actions.submit_report(key=key or uuid4(), by=by or city.citizen, **about).report


def order_of(report: Report) -> Order:
    return Order.objects.get(report=report, ended_at=None)


def brought_to(state: str, city: City, **more: Any) -> Report:
    """A report walked to that state by the people of the city, photos processed."""
    report = submit(city, **more)
    if state == State.SUBMITTED:
        return fresh(report)
    if state == State.REFUSED:
        actions.refuse_report(report_id=report.pk, by=city.manager, why="看不出问题")
        return fresh(report)
    actions.verify_report(report_id=report.pk, by=city.manager)
    if state == State.ACCEPTED:
        return fresh(report)
    tasks.do_due_follow_ups()
    if state == State.DISPATCHED:
        return fresh(report)
    actions.take_order(order_id=order_of(report).pk, by=city.handler)
    if state == State.IN_PROGRESS:
        return fresh(report)
    finish(report, city.handler)
    tasks.process_due_photos()
    if state == State.CHECKING:
        return fresh(report)
    actions.close_report(report_id=report.pk, by=city.manager)
    return fresh(report)


def finish(report: Report, by: User, **more: Any) -> None:
    about: dict[str, Any] = {"key": uuid4(), "photo": after_photo(), "words": "已清理"} | more
    actions.finish_order(order_id=order_of(report).pk, by=by, **about)


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def verbs(report: Report) -> list[str]:
    """The history, in order."""
    return list(report.moves.order_by("id").values_list("verb", flat=True))


def files_on_disk(settings: Any) -> list[str]:
    """Every stored photo file, originals and pictures."""
    root = settings.MEDIA_ROOT
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def form_fields(city: City, **more: Any) -> dict[str, Any]:
    """What the citizen's form sends, with one photo."""
    fields: dict[str, Any] = {
        "key": str(uuid4()),
        "stall": city.stall_code,
        "category": city.category.code,
        "words": "菜摊占了半条过道",
        "photo_near": upload(),
    }
    return without_empty(fields | more)


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def photo_states(photos: Iterable[Photo]) -> list[str]:
    return [photo.status for photo in photos]
