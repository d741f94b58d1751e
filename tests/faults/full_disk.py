"""A photo store on a disk that is nearly full."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, ClassVar

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class FullDisk(FileSystemStorage):
    """Takes `files_left` files whole and of every further one only the first half, as disks do."""

    files_left: ClassVar[int] = 0

    def _save(self, name: str, content: Any) -> str:
        if FullDisk.files_left:
            FullDisk.files_left -= 1
        else:
            content = Half(content)
        return super()._save(name, content)  # type: ignore[misc]


class Half(File):
    """Content for the second half of which there is no room."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        whole = self.file.read()
        yield whole[: len(whole) // 2]
        raise OSError(errno.ENOSPC, "No space left on device")
