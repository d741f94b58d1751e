"""A report comes in: once per form, however often and from wherever the form is sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from config.wake import wake
from markets.clock import due_time
from markets.models import Market, Stall
from markets.queries import merchant_of
from reports import bells
from reports.actions.photos import MAX_PHOTOS, attach, forget, lock_draft
from reports.errors import ReportRefused
from reports.files import NewPhoto, StoredPhoto, stored
from reports.models import Category, Draft, Photo, Report, ReportMove, new_number
from reports.states import MOVES, Verb

MAX_WORDS = 1000


class Position(NamedTuple):
    """Where the phone said it was: degrees WGS-84, metres."""

    latitude: float
    longitude: float
    accuracy: float | None = None


class Submitted(NamedTuple):
    """`first` is False for a repeat of a form that had already arrived."""

    report: Report
    first: bool


def submit_report(
    *,
    key: UUID,
    by: User,
    category: Category,
    market: Market,
    stall: Stall | None = None,
    words: str = "",
    position: Position | None = None,
    photos: Sequence[NewPhoto] = (),
    draft_id: UUID | None = None,
    at: datetime | None = None,
) -> Submitted:
    """Receive a report with 1-4 photos, those of the draft and `photos` in their stead by slot.

    One report per key: a repeat by the same person returns the first. Files are on disk before
    the transaction. Locks the draft; the key's unique index makes simultaneous senders wait.
    Refused: key_taken, photo_needed, too_many_photos, words_too_long, category_unknown,
    stall_needed, stall_elsewhere, stall_closed, stall_moved, market_closed, storage.
    """
    first = first_report(key, by)
    if first:
        return Submitted(first, first=False)
    words = words.strip()
    _judge(category, market, stall, words, photos)
    at = at or timezone.now()
    with stored(photos) as files, transaction.atomic():
        draft = lock_draft(draft_id, by=by)
        kept, replaced = _sort(draft, files)
        first = first_report(key, by)
        if first is None:
            _count(kept, files)
            report = _create(
                key=key,
                reporter=by,
                market=market,
                stall=stall,
                merchant=merchant_of(stall, on=timezone.localdate(at)) if stall else None,
                category=category,
                words=words,
                created_at=at,
                respond_due_at=due_time(
                    market, at, category.respond_minutes, urgent=category.urgent
                ),
                latitude=position.latitude if position else None,
                longitude=position.longitude if position else None,
                accuracy=position.accuracy if position else None,
            )
            first = None if report else first_report(key, by)
        if first:
            return Submitted(first, first=False)
        assert report is not None
        step = ReportMove.objects.create(
            report=report, at=at, by=by, verb=Verb.SUBMIT, to_state=report.state
        )
        attach(step, by=by, kept=kept, files=files)
        forget(draft, replaced)
        wake(bells.PHOTOS)
        files.keep()
    return Submitted(report, first=True)


def first_report(key: UUID, by: User) -> Report | None:
    """The report that this form made before; refused with key_taken when it is someone else's."""
    found = Report.objects.filter(key=key).first()
    if found and found.reporter_id != by.pk:
        raise ReportRefused("key_taken")
    return found


def _judge(
    category: Category,
    market: Market,
    stall: Stall | None,
    words: str,
    photos: Sequence[NewPhoto],
) -> None:
    if len(photos) > MAX_PHOTOS:
        raise ReportRefused("too_many_photos", limit=MAX_PHOTOS)
    if len(words) > MAX_WORDS:
        raise ReportRefused("words_too_long", limit=MAX_WORDS)
    if not category.is_active or category.parent_id is None:
        raise ReportRefused("category_unknown")
    if not market.is_open:
        raise ReportRefused("market_closed", market=market)
    if stall is None:
        if category.stall_need == Category.StallNeed.REQUIRED:
            raise ReportRefused("stall_needed")
    elif stall.market_id != market.pk:
        raise ReportRefused("stall_elsewhere", stall=stall, market=market)
    elif stall.moved_to_id is not None:
        raise ReportRefused("stall_moved", stall=stall, moved_to=stall.moved_to)
    elif stall.closed_at is not None:
        raise ReportRefused("stall_closed", stall=stall)


def _sort(draft: Draft | None, files: Sequence[StoredPhoto]) -> tuple[list[Photo], list[Photo]]:
    """The draft's photos that stay, and those whose slot was filled anew."""
    taken = {file.slot for file in files}
    photos = list(draft.photos.all()) if draft else []
    return (
        [photo for photo in photos if photo.slot not in taken],
        [photo for photo in photos if photo.slot in taken],
    )


def _count(kept: Sequence[Photo], files: Sequence[StoredPhoto]) -> None:
    # One known to be unreadable comes along and says so, but is not enough on its own.
    if not files and all(photo.unreadable for photo in kept):
        raise ReportRefused("photo_needed")
    if len(kept) + len(files) > MAX_PHOTOS:
        raise ReportRefused("too_many_photos", limit=MAX_PHOTOS)


def _create(**values: Any) -> Report | None:
    """Insert; of two with one key the loser waits here for the winner, and gets None."""
    for _try in range(5):
        try:
            with transaction.atomic():
                return Report.objects.create(
                    state=MOVES[Verb.SUBMIT, ""],
                    number=new_number(values["created_at"]),
                    **values,
                )
        except IntegrityError:
            if Report.objects.filter(key=values["key"]).exists():
                return None
            # Otherwise the number was given out already: once in 275 thousand million.
    raise RuntimeError("no free report number found")
