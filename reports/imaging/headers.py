"""Sizes out of file headers, in plain Python: no decoder sees a stranger's bytes in a web worker.

Every reader takes a seekable binary file and its length, reads a bounded part of it, and gives
(width, height) as stored, before any rotation, or raises PhotoRefused("unreadable").
"""

import re
import zlib
from collections.abc import Iterator
from struct import unpack_from
from typing import BinaryIO

from .refusals import PhotoRefused

MAX_SEGMENTS = 1000  # a depth map in 64 kB pieces makes some 200; millions of empty ones cost CPU
MAX_BOXES = 100
MAX_META = 1024 * 1024  # HEIC: a 48 MP grid of tiles needs about 20 kB
TAIL = 1024 * 1024

# SOF0-2: baseline, extended and progressive; the others (lossless, arithmetic) no camera writes.
JPEG_FRAMES = {0xC0, 0xC1, 0xC2}
JPEG_ODD_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
JPEG_ALONE = {0x01, 0xD8, *range(0xD0, 0xD8)}  # markers without a length
PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
Size = tuple[int, int]


def jpeg_size(file: BinaryIO, length: int) -> Size:
    """Walk the segments to the frame header and on to the scan, which must have an end."""
    file.seek(2)
    size: Size | None = None
    for _ in range(MAX_SEGMENTS):
        marker = _next_marker(file)
        if marker in JPEG_ALONE:
            continue
        start = file.tell()
        head = _exactly(file, 2)
        after = start + int.from_bytes(head, "big")
        if after < start + 2 or marker == 0xD9 or marker in JPEG_ODD_FRAMES:
            break
        if marker in JPEG_FRAMES:
            depth, height, width, parts = unpack_from(">BHHB", _exactly(file, 6))
            if size or depth != 8 or parts not in (1, 3, 4):
                break
            size = _real(width, height)
        elif marker == 0xDA:
            # Inside a scan FF is always stuffed, so FF D9 is found in anything but a cut-off one;
            # what phones append after it (a short film, a depth map) does no harm.
            if size and _has_near_end(file, length, after, b"\xff\xd9"):
                return size
            break
        file.seek(after)
    raise PhotoRefused("unreadable")


def png_size(file: BinaryIO, length: int) -> Size:
    """IHDR must be whole (its checksum too) and IEND be there; an animation is its first frame."""
    head = _at(file, 8, 25)
    size, name, width, height, depth, colour = unpack_from(">I4sIIBB", head)
    (checksum,) = unpack_from(">I", head, 21)
    if size != 13 or name != b"IHDR" or zlib.crc32(head[4:21]) != checksum:
        raise PhotoRefused("unreadable")
    if depth not in PNG_DEPTHS.get(colour, ()):
        raise PhotoRefused("unreadable")
    if not _has_near_end(file, length, 33, b"IEND\xaeB`\x82"):
        raise PhotoRefused("unreadable")
    return _real(width, height)


def webp_size(file: BinaryIO, length: int) -> Size:
    """The canvas; an animation is its first frame."""
    head = _at(file, 0, 30)
    if unpack_from("<I", head, 4)[0] + 8 > length:
        raise PhotoRefused("unreadable")
    kind, body = head[12:16], head[20:]
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = unpack_from("<HH", body, 6)
        return _real(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height
    raise PhotoRefused("unreadable")


def heic_size(file: BinaryIO, length: int) -> Size:
    """The largest size any item in the file claims: the picture's own, or its grid of tiles."""
    at, meta = 0, b""
    for _ in range(MAX_BOXES):
        if at >= length:
            break
        head = _at(file, at, 8)
        size, name = unpack_from(">I4s", head)
        start = 8
        if size == 1:
            (size,), start = unpack_from(">Q", _exactly(file, 8)), 16
        elif size == 0:
            size = length - at
        if size < start or at + size > length:
            raise PhotoRefused("unreadable")
        if name == b"meta" and not meta:
            if size > MAX_META:
                raise PhotoRefused("unreadable")
            meta = _at(file, at + start, size - start)
        at += size
    largest = _largest(meta)
    if largest is None:
        raise PhotoRefused("unreadable")
    return largest


def _largest(meta: bytes) -> Size | None:
    """Of all `ispe` properties, so that none slips through."""
    found: list[Size] = []
    for name, body in _boxes(meta[4:]):
        if name != b"iprp":
            continue
        for inner, properties in _boxes(body):
            if inner == b"ipco":
                found += [
                    unpack_from(">II", value, 4)
                    for kind, value in _boxes(properties)
                    if kind == b"ispe" and len(value) >= 12
                ]
    real = [size for size in found if size[0] and size[1]]
    return max(real, key=lambda size: size[0] * size[1], default=None)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, name = unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield name, data[at + 8 : at + size]
        at += size


def _next_marker(file: BinaryIO) -> int:
    """Cameras pad with FF and zeros between segments; more than a little of it is no camera."""
    start = file.tell()
    found = re.search(rb"\xff+([^\x00\xff])", file.read(1024), re.DOTALL)
    if not found:
        raise PhotoRefused("unreadable")
    file.seek(start + found.end())
    return found[1][0]


def _has_near_end(file: BinaryIO, length: int, start: int, mark: bytes) -> bool:
    for tail in (4096, TAIL):
        file.seek(max(start, length - tail))
        if mark in file.read(tail):
            return True
    return False


def _real(width: int, height: int) -> Size:
    if not width or not height:
        raise PhotoRefused("unreadable")
    return width, height


def _at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return _exactly(file, count)


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise PhotoRefused("unreadable")
    return data
