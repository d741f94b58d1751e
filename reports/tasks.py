"""What follows by itself: claim due rows, do the slow thing, write down what came of it."""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation

from config.due import claim, fail
from reports import actions, bells, words
from reports.errors import DispatchRefused
from reports.imaging.limited import process_limited
from reports.imaging.refusals import PhotoRefused
from reports.models import FollowUp, Photo

log = logging.getLogger(__name__)
AT_MOST = 50  # seconds a run works on before it leaves the rest to the next bell


@shared_task(name=bells.PHOTOS)
def process_due_photos() -> int:
    """Process due photos one by one, those of reports before those of drafts; returns how many."""
    done, until = 0, time.monotonic() + AT_MOST
    while time.monotonic() < until:
        photos = claim(Photo.objects.filter(draft=None), limit=1) or claim(
            Photo.objects.filter(report=None), limit=1
        )
        if not photos:
            break
        _process(photos[0])
        done += 1
    return done


def _process(photo: Photo) -> None:
    try:
        with _on_disk(photo) as path:
            processed = process_limited(path)
        actions.record_processed(photo_id=photo.pk, processed=processed)
    except PhotoRefused as refusal:
        actions.record_failed(photo_id=photo.pk, code=refusal.code)
    except Exception as error:  # whatever it is, the photo stays due until it is stuck
        log.exception("photo %s", photo.pk)
        _fail(photo, f"{type(error).__name__}: {error}")


@contextmanager
def _on_disk(photo: Photo) -> Iterator[Path]:
    """The original as a local file, fetched where the storage is elsewhere."""
    try:
        here = default_storage.path(photo.original.name)
    except NotImplementedError:
        here = ""
    if here:
        yield Path(here)
        return
    with tempfile.NamedTemporaryFile() as copy:
        with default_storage.open(photo.original.name) as original:
            for chunk in original.chunks():
                copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


@shared_task(name=bells.FOLLOW_UPS)
def do_due_follow_ups() -> int:
    """Do what follows from steps; what no rule can decide is shown as stuck, in words."""
    done = 0
    while rows := claim(FollowUp.objects.all()):
        for row in rows:
            _follow_up(row)
        done += len(rows)
    return done


def _follow_up(row: FollowUp) -> None:
    try:
        actions.dispatch(follow_up_id=row.pk)
    except DispatchRefused as refusal:
        # Read in the admin by whoever comes, so in the language of the city.
        with translation.override(settings.LANGUAGE_CODE):
            _fail(row, words.sentence(refusal), final=True)
    except Exception as error:  # the row stays due until it is stuck
        log.exception("follow-up %s", row.pk)
        _fail(row, f"{type(error).__name__}: {error}")


def _fail(row: Photo | FollowUp, error: str, *, final: bool = False) -> None:
    if not fail(row, error, final=final):
        log.info("%s %s was done with by somebody else", type(row).__name__, row.pk)


@shared_task(name="reports.purge_drafts")
def purge_drafts() -> int:
    """Throw away drafts older than a day, with their photos."""
    done = 0
    while count := actions.purge_drafts():
        done += count
    return done
