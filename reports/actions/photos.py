"""Photos find their report, and what became of processing them is written down."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.models import User
from config.due import settle
from config.wake import wake
from reports import bells
from reports.actions.moving import first_with_key, lock_report, move
from reports.errors import ReportRefused
from reports.files import (
    NewPhoto,
    StoredPhoto,
    files_of,
    remove,
    store_picture,
    stored,
)
from reports.imaging.process import Processed
from reports.models import Draft, Photo, ReportMove
from reports.queries.photos import good_before_photos
from reports.states import Verb

MAX_PHOTOS = 4


def add_photo(
    *,
    key: UUID,
    report_id: int,
    by: User,
    photo: NewPhoto | None = None,
    draft_id: UUID | None = None,
) -> ReportMove:
    """The reporter adds a photo, four readable ones at most. Locks the report.

    The same key again returns the first step. Refused: unknown_report, not_yours, photo_needed,
    too_many_photos, key_taken, storage, not_allowed (once it is dispatched).
    """
    with stored([photo]) as files, transaction.atomic():
        report = lock_report(report_id)
        if report.reporter_id != by.pk:
            raise ReportRefused("not_yours")
        first = first_with_key(key, by=by, report_id=report_id)
        if first:
            return first
        if report.department_id is not None:
            raise ReportRefused("not_allowed", verb=Verb.ADD_PHOTO, state=report.state)
        draft = lock_draft(draft_id, by=by)
        old = list(draft.photos.all()) if draft else []
        kept = [] if files else [each for each in old if not each.unreadable][:1]
        if not files and not kept:
            raise ReportRefused("photo_needed")
        if good_before_photos(report) >= MAX_PHOTOS:
            raise ReportRefused("too_many_photos", limit=MAX_PHOTOS)
        step = move(report, Verb.ADD_PHOTO, by=by, key=key)
        attach(step, by=by, kept=kept, files=files)
        forget(draft, [each for each in old if each not in kept])
        wake(bells.PHOTOS)
        files.keep()
        return step


def record_processed(*, photo_id: int, processed: Processed) -> bool:
    """Keep the pictures and the evidence. False, and nothing changed, when that was done before.

    Locks the photo. Files first, then the row; those of a loser are removed.
    """
    names: list[str] = []
    kept = False
    try:
        for picture in (processed.large, processed.small):
            names.append(store_picture(picture))
        with transaction.atomic():
            photo = _lock_pending(photo_id)
            if photo is None:
                return False
            photo.status = Photo.Status.READY
            photo.large.name, photo.small.name = names
            photo.width, photo.height = processed.width, processed.height
            photo.fingerprint = processed.fingerprint
            photo.taken_at = processed.taken_at
            photo.latitude, photo.longitude = processed.latitude, processed.longitude
            photo.device = processed.device[:100]
            photo.save(
                update_fields=[
                    "status", "large", "small", "width", "height", "fingerprint",
                    "taken_at", "latitude", "longitude", "device",
                ]
            )  # fmt: skip
            settle(photo)
            kept = True
    finally:
        if not kept:
            for name in names:
                remove(name)
    return True


@transaction.atomic
def record_failed(*, photo_id: int, code: str) -> bool:
    """This file will never become a photo; the page says so and asks for another.

    `code` is one of reports.imaging. Locks the photo. False when it was settled before.
    """
    photo = _lock_pending(photo_id)
    if photo is None:
        return False
    photo.status, photo.refusal = Photo.Status.FAILED, code[:20]
    photo.save(update_fields=["status", "refusal"])
    settle(photo)
    return True


def _lock_pending(photo_id: int) -> Photo | None:
    """The photo, locked; None when it went away or was settled before."""
    photo = Photo.objects.select_for_update(of=("self",), no_key=True).filter(pk=photo_id).first()
    if photo is None or photo.status == Photo.Status.PENDING:
        return photo
    if photo.due_at is not None:  # claimed again though there was nothing left to do
        settle(photo)
    return None


# ---- shared by the actions that take photos in


def lock_draft(draft_id: UUID | None, *, by: User) -> Draft | None:
    """The draft, locked; None when there is none any more. Refused: key_taken."""
    if draft_id is None:
        return None
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft and draft.user_id not in (None, by.pk):
        raise ReportRefused("key_taken")
    return draft


def attach(
    step: ReportMove, *, by: User, kept: Sequence[Photo], files: Sequence[StoredPhoto]
) -> None:
    """The draft's photos move over to the report, and the new files get their rows."""
    for photo in kept:
        photo.report, photo.draft, photo.move, photo.uploaded_by = step.report, None, step, by
        photo.save(update_fields=["report", "draft", "move", "uploaded_by"])
    Photo.objects.bulk_create(
        Photo(
            report=step.report,
            move=step,
            slot=file.slot,
            kind=file.kind,
            original=file.name,
            digest=file.digest,
            uploaded_by=by,
        )
        for file in files
    )


def forget(draft: Draft | None, unused: Sequence[Photo]) -> None:
    """Delete the draft with the photos that were not taken over; their files after commit."""
    if draft is None:
        return
    names = files_of(unused)
    draft.delete()

    def clean() -> None:
        for name in names:
            remove(name)

    transaction.on_commit(clean, robust=True)
