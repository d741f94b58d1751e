"""The look at the door: what is this file, and how large, without decoding a pixel."""

import os
from typing import BinaryIO, NamedTuple

from . import headers
from .refusals import PhotoRefused

MAX_BYTES = 20 * 1024 * 1024
# Phones sold as "50 MP" make 8192 x 6144, a little more than fifty million.
MAX_PIXELS = 51_000_000

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
READERS = {
    "JPEG": headers.jpeg_size,
    "PNG": headers.png_size,
    "WEBP": headers.webp_size,
    "HEIC": headers.heic_size,
}


class Shape(NamedTuple):
    """`format` is JPEG, PNG, WEBP or HEIC; pixels as stored, before rotation."""

    format: str
    width: int
    height: int


def inspect(file: BinaryIO) -> Shape:
    """What this seekable file is, by its content; its position is put back to the start.

    Refused: empty, too_large, not_an_image, too_many_pixels, unreadable (broken or cut off where
    the header or the end shows it). Animated PNG and WebP pass and count as their first frame.
    """
    length = file.seek(0, os.SEEK_END) or file.tell()
    try:
        if length == 0:
            raise PhotoRefused("empty")
        if length > MAX_BYTES:
            raise PhotoRefused("too_large")
        file.seek(0)
        kind = _kind(file.read(16))
        if kind is None:
            raise PhotoRefused("not_an_image")
        width, height = READERS[kind](file, length)
    finally:
        file.seek(0)
    if width * height > MAX_PIXELS:
        raise PhotoRefused("too_many_pixels")
    return Shape(kind, width, height)


def _kind(start: bytes) -> str | None:
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS:
        return "HEIC"
    return None
