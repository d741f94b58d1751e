"""A form that could not become a report yet keeps its words and photos for a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from config.wake import wake
from reports import bells
from reports.actions.photos import forget
from reports.errors import ReportRefused
from reports.files import NewPhoto, files_of, remove, stored
from reports.models import Draft, Photo

KEPT_FOR = timedelta(days=1)
# Anybody at all can fill a disk with forms; this many at a time, before signing in, keep photos.
MAX_ANONYMOUS = 500


def save_draft(
    *,
    key: UUID,
    by: User | None,
    fields: dict[str, Any],
    photos: Sequence[NewPhoto] = (),
    form: str = Draft.Form.REPORT,
    known: bool = False,
) -> Draft:
    """Keep the form; a photo replaces the one in its slot. Locks the draft.

    `by` is None before signing in; then `known` says that this very browser made the draft.
    Refused: key_taken (another person's, or another browser's), storage, sign_in_first.
    """
    if by is None and photos and Draft.objects.filter(user=None).count() >= MAX_ANONYMOUS:
        raise ReportRefused("sign_in_first")
    with stored(photos) as files, transaction.atomic():
        draft = _lock_or_create(key, form, by)
        if draft.user_id is not None and (by is None or draft.user_id != by.pk) and not known:
            raise ReportRefused("key_taken")
        if draft.user_id is None and draft.fields and not known:
            raise ReportRefused("key_taken")
        if by is not None:
            draft.user = by
        draft.fields = fields
        draft.save(update_fields=["user", "fields"])
        for file in files:
            _drop(draft, slot=file.slot)
            Photo.objects.create(
                draft=draft,
                slot=file.slot,
                kind=file.kind,
                original=file.name,
                digest=file.digest,
                uploaded_by=by,
            )
        if files:
            wake(bells.PHOTOS)
        files.keep()
    return draft


def _lock_or_create(key: UUID, form: str, by: User | None) -> Draft:
    draft = Draft.objects.select_for_update().filter(pk=key).first()
    if draft is None:
        try:
            with transaction.atomic():
                return Draft.objects.create(key=key, form=form, user=by)
        except IntegrityError:  # the same form at the same moment
            draft = Draft.objects.select_for_update().get(pk=key)
    return draft


@transaction.atomic
def drop_photo(*, draft_id: UUID, slot: int) -> None:
    """Take one photo out of a draft. Locks the draft. The door has judged whose it is."""
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft:
        _drop(draft, slot=slot)


@transaction.atomic
def discard_draft(*, draft_id: UUID) -> None:
    """Throw a draft away with its photos. Locks the draft."""
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft:
        forget(draft, list(draft.photos.all()))


def purge_drafts(*, at: datetime | None = None, limit: int = 500) -> int:
    """Throw away drafts older than a day, each in a transaction of its own; returns how many."""
    old = Draft.objects.filter(created_at__lt=(at or timezone.now()) - KEPT_FOR)
    keys = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    for key in keys:
        discard_draft(draft_id=key)
    return len(keys)


def _drop(draft: Draft, *, slot: int) -> None:
    photos = list(Photo.objects.filter(draft=draft, slot=slot))
    names = files_of(photos)
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()

    def clean() -> None:
        for name in names:
            remove(name)

    transaction.on_commit(clean, robust=True)
