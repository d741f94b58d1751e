"""Photos as files: private originals, and pictures under names that nobody guesses."""

import hashlib
import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone

from reports.errors import ReportRefused
from reports.models import Photo

log = logging.getLogger(__name__)
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class NewPhoto(NamedTuple):
    """A file at the door that passed inspection; `slot` is its place in the form."""

    slot: int
    kind: str
    file: File


class StoredPhoto(NamedTuple):
    """The same once it is on disk; `digest` is the SHA-256 of its bytes."""

    slot: int
    kind: str
    name: str
    digest: str


def token() -> str:
    """134 random bits in 26 small letters and digits."""
    return "".join(secrets.choice(LETTERS) for _each in range(26))


class Stored(list[StoredPhoto]):
    """Files on disk whose rows are being written. Not kept: removed again at the end."""

    kept = False

    def keep(self) -> None:
        """Their rows are written; from here on only the database's commit may fail.

        A commit whose answer is lost may well have happened, so then the files stay too.
        """
        self.kept = True


@contextmanager
def stored(photos: Iterable[NewPhoto | None]) -> Iterator[Stored]:
    """The photos on disk. Open it around the transaction, so that no row lacks its file.

    Refused: storage, when the disk takes no more.
    """
    files = Stored()
    try:
        try:
            for photo in photos:
                if photo is not None:
                    files.append(_store(photo))
        except OSError as error:
            log.error("photos cannot be stored: %s", type(error).__name__)
            raise ReportRefused("storage") from error
        yield files
    finally:
        if not files.kept:
            for file in files:
                remove(file.name)


def _store(photo: NewPhoto) -> StoredPhoto:
    digest = hashlib.sha256()
    for chunk in photo.file.chunks():
        digest.update(chunk)
    photo.file.seek(0)
    # A plain copy: moving the uploaded file away would leave a refused form without its photo.
    name = _save(f"originals/{timezone.localdate():%Y/%m/%d}/{token()}", File(photo.file.file))
    return StoredPhoto(photo.slot, photo.kind, name, digest.hexdigest())


def _save(name: str, content: File) -> str:
    """Store it whole; of what a full disk took only a part, nothing stays."""
    try:
        return default_storage.save(name, content)
    except OSError:
        remove(name)
        raise


def store_picture(data: bytes) -> str:
    """A processed JPEG; returns its name in the storage."""
    name = token()
    return _save(f"photos/{name[:2]}/{name}.jpg", ContentFile(data))


def picture_path(name: str) -> str:
    """From the last part of a picture's address to its name in the storage."""
    return f"photos/{name[:2]}/{name}"


def remove(name: str) -> None:
    """Delete one file; one that is already gone is fine, one that cannot go is left behind."""
    try:
        default_storage.delete(name)
    except OSError as error:
        log.warning("a file stays behind: %s", type(error).__name__)


def files_of(photos: Iterable[Photo]) -> list[str]:
    """Every file these rows name."""
    return [
        field.name
        for photo in photos
        for field in (photo.original, photo.large, photo.small)
        if field.name
    ]
