"""Files that somebody will send: broken, lying, oversized, dressed up as photos.

`FILES` names each with what the door must say to it: a refusal's code, or TAKEN where the file is
an odd but honest picture, or where whatever else it carries is lost on the way. Built when called.
"""

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from struct import pack
from typing import NamedTuple

from PIL import ImageCms

from tests import camera

TAKEN = "taken"
SCRIPT = b"<script>alert(document.cookie)</script>"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)


class Hostile(NamedTuple):
    """`name` is what the sender calls it; `door` what inspect() says: a code or TAKEN."""

    name: str
    make: Callable[[], bytes]
    door: str


@lru_cache
def plain_jpeg() -> bytes:
    """A small honest photo with EXIF, to be spoilt."""
    return camera.photo(3, size=(640, 480), position=(22.5, 114.0))


def plain(kind: str, mode: str = "RGB", size: camera.Size = (320, 240), **options: object) -> bytes:
    """An honest picture of this format and mode."""
    picture = camera.scene(3, (320, 240)).resize(size).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def animated(kind: str) -> bytes:
    """Three frames."""
    frames = [camera.scene(seed, (160, 120)) for seed in (3, 4, 5)]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=80)
    return buffer.getvalue()


def png(
    width: int, height: int, *, depth: int = 1, colour: int = 0, rows: int | None = None
) -> bytes:
    """A PNG by hand, all black: any size costs a few kB. `rows` fewer than said are a lie."""
    line = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] + 7) // 8
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(line)) for _ in range(height if rows is None else rows))
    head = pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return png_of(("IHDR", head), ("IDAT", body + packer.flush()), ("IEND", b""))


def png_of(*chunks: tuple[str, bytes]) -> bytes:
    """Chunks with right checksums."""
    out = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        named = name.encode() + body
        out += pack(">I", len(body)) + named + pack(">I", zlib.crc32(named))
    return out


def jpeg_claiming(width: int, height: int) -> bytes:
    """An honest JPEG whose frame header says another size."""
    data = bytearray(plain_jpeg())
    at = data.index(b"\xff\xc0\x00\x11\x08")
    data[at + 5 : at + 9] = pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """A canvas of this size with nothing in it."""
    body = b"VP8X" + pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + pack("<I", 4 + len(body)) + b"WEBP" + body


def heic_claiming(width: int, height: int) -> bytes:
    """The camera's HEIC with every size in it changed."""
    data, at = bytearray(camera.heic()), 0
    while (at := data.find(b"ispe", at)) >= 0:
        data[at + 8 : at + 16] = pack(">II", width, height)
        at += 16
    return bytes(data)


def with_segment(marker: int, body: bytes, times: int = 1) -> bytes:
    """The small JPEG with more in its head."""
    extra = (bytes((0xFF, marker)) + pack(">H", len(body) + 2) + body) * times
    return plain_jpeg()[:2] + extra + plain_jpeg()[2:]


def cut(make: Callable[[], bytes], part: float) -> bytes:
    """The first part of it, as a lost connection leaves it."""
    data = make()
    return data[: int(len(data) * part)]


def head(make: Callable[[], bytes], count: int) -> bytes:
    """So many bytes of it."""
    return make()[:count]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return buffer.getvalue()


def with_profile(profile: bytes, mode: str = "RGB") -> bytes:
    return plain("JPEG", mode, icc_profile=profile)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_loop() -> bytes:
    """Directories that point at themselves."""
    tiff = b"II*\0" + pack("<IH", 8, 2)
    tiff += pack("<HHII", 0x8769, 4, 1, 8) + pack("<HHII", 0x8825, 4, 1, 8) + pack("<I", 8)
    return b"Exif\0\0" + tiff


def exif_lies() -> bytes:
    """A field that claims four thousand million values."""
    tiff = b"MM\0*" + pack(">IH", 8, 2)
    tiff += pack(">HHII", 0x010F, 2, 0xFFFFFFF0, 0xFFFFFFF0)
    tiff += pack(">HHII", 0x0112, 3, 1, 0xFFFF0000) + pack(">I", 0)
    return b"Exif\0\0" + tiff


def jpeg_cmyk() -> bytes:
    return plain("JPEG", "CMYK")


def png_16_bit() -> bytes:
    buffer = io.BytesIO()
    grey = camera.scene(3, (320, 240)).convert("L").convert("I").point(lambda value: value * 257)
    grey.convert("I;16").save(buffer, "PNG")
    return buffer.getvalue()


def jpeg_rgb() -> bytes:
    """Stored as RGB, which libjpeg will not turn into YCbCr."""
    return plain("JPEG", keep_rgb=True)


def _listed() -> list[Hostile]:
    honest: dict[str, Callable[[], bytes]] = {
        "jpg": plain_jpeg,
        "png": partial(plain, "PNG"),
        "webp": partial(plain, "WEBP"),
        "heic": camera.heic,
    }
    files = [
        Hostile("nothing.jpg", bytes, "empty"),
        Hostile("25MB.jpg", lambda: plain_jpeg() + bytes(25 << 20), "too_large"),
        Hostile("25MB.txt", lambda: b"a" * (25 << 20), "too_large"),
        # Not pictures, whatever they are called.
        Hostile("text.jpg", lambda: "今天的白菜".encode() * 20, "not_an_image"),
        Hostile("one-byte.jpg", lambda: b"\xff", "not_an_image"),
        Hostile("zeros.jpg", lambda: bytes(5000), "not_an_image"),
        Hostile("drawing.png", lambda: SVG, "not_an_image"),
        Hostile("drawing-xml.jpg", lambda: b"<?xml version='1.0'?>" + SVG, "not_an_image"),
        Hostile("page.jpg", lambda: b"<!doctype html>" + SCRIPT, "not_an_image"),
        Hostile("archive.jpg", zipped, "not_an_image"),
        Hostile("paper.jpg", lambda: b"%PDF-1.7\n%\xe2\xe3\n" + SCRIPT, "not_an_image"),
        Hostile("program.jpg", lambda: b"MZ\x90\0" + bytes(500), "not_an_image"),
        Hostile("linux.jpg", lambda: b"\x7fELF" + bytes(500), "not_an_image"),
        Hostile("script.jpg", lambda: b"#!/bin/sh\nrm -rf /\n", "not_an_image"),
        Hostile("postscript.jpg", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n" * 9, "not_an_image"),
        Hostile("moving.jpg", partial(animated, "GIF"), "not_an_image"),
        Hostile("still.gif", partial(plain, "GIF", "P"), "not_an_image"),
        Hostile("scan.jpg", partial(plain, "TIFF"), "not_an_image"),
        Hostile("paint.jpg", partial(plain, "BMP"), "not_an_image"),
        Hostile("icon.jpg", partial(plain, "ICO"), "not_an_image"),
        Hostile("jp2.jpg", partial(plain, "JPEG2000"), "not_an_image"),
        Hostile("avif.heic", lambda: b"\0\0\0\x1cftypavif" + bytes(80), "not_an_image"),
        Hostile("film.heic", lambda: b"\0\0\0\x18ftypisom" + bytes(80), "not_an_image"),
        Hostile("riff.webp", lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "not_an_image"),
        Hostile("late.jpg", lambda: SCRIPT + plain_jpeg(), "not_an_image"),
        # Bombs.
        Hostile("20000.png", partial(png, 20_000, 20_000), "too_many_pixels"),
        Hostile("12000.png", partial(png, 12_000, 12_000), "too_many_pixels"),
        Hostile("7200.png", partial(png, 7_200, 7_200), "too_many_pixels"),
        Hostile("rows.png", partial(png, 2**31 - 1, 2**31 - 1, rows=0), "too_many_pixels"),
        Hostile("wide.png", partial(png, 2**31 - 1, 1, rows=0), "too_many_pixels"),
        Hostile("65535.jpg", partial(jpeg_claiming, 65_535, 65_535), "too_many_pixels"),
        Hostile("16777216.webp", partial(webp_claiming, 1 << 24, 1 << 24), "too_many_pixels"),
        Hostile("60000.heic", partial(heic_claiming, 60_000, 60_000), "too_many_pixels"),
        Hostile("4G.heic", partial(heic_claiming, 2**32 - 1, 2**32 - 1), "too_many_pixels"),
        # Sizes that are none.
        Hostile("flat.jpg", partial(jpeg_claiming, 640, 0), "unreadable"),
        Hostile("thin.jpg", partial(jpeg_claiming, 0, 480), "unreadable"),
        Hostile("flat.png", partial(png, 100, 0), "unreadable"),
        Hostile("thin.png", partial(png, 0, 100), "unreadable"),
        Hostile("none.heic", partial(heic_claiming, 0, 0), "unreadable"),
        Hostile("depth.png", partial(png, 8, 8, depth=7), "unreadable"),
        Hostile("checksum.png", lambda: _spoilt(plain("PNG"), 17), "unreadable"),
        # Heads that cost time.
        Hostile("segments.jpg", partial(with_segment, 0xFE, b"", 200_000), "unreadable"),
        Hostile("ff.jpg", lambda: b"\xff\xd8" + b"\xff" * 1_000_000, "unreadable"),
        Hostile("boxes.heic", lambda: _boxes(50_000), "unreadable"),
        Hostile("meta.heic", lambda: _meta(2_000_000), "unreadable"),
        Hostile("two-frames.jpg", lambda: _two_frames(), "unreadable"),
        Hostile(
            "lossless.jpg", lambda: plain_jpeg().replace(b"\xff\xc0", b"\xff\xc3"), "unreadable"
        ),
        # Honest enough, and harmless once made anew.
        Hostile("html-after.jpg", lambda: plain_jpeg() + SCRIPT, TAKEN),
        Hostile("html-comment.jpg", partial(with_segment, 0xFE, SCRIPT), TAKEN),
        Hostile("php-comment.jpg", partial(with_segment, 0xFE, b"<?php system(1); ?>"), TAKEN),
        Hostile("zip-after.jpg", lambda: plain_jpeg() + zipped(), TAKEN),
        Hostile("html-after.png", lambda: plain("PNG") + SCRIPT, TAKEN),
        Hostile("html-after.webp", lambda: plain("WEBP") + SCRIPT, TAKEN),
        Hostile("photo.exe", plain_jpeg, TAKEN),
        Hostile("../../etc/passwd", plain_jpeg, TAKEN),
        Hostile("exif-noise.jpg", partial(with_segment, 0xE1, b"Exif\0\0" + b"\x9d" * 400), TAKEN),
        Hostile("exif-loop.jpg", lambda: with_segment(0xE1, exif_loop()), TAKEN),
        Hostile("exif-lies.jpg", lambda: with_segment(0xE1, exif_lies()), TAKEN),
        Hostile(
            "exif-huge.jpg", partial(with_segment, 0xE1, b"Exif\0\0" + b"A" * 65_000, 40), TAKEN
        ),
        Hostile(
            "xmp-huge.jpg", partial(with_segment, 0xE1, b"http://x\0" + b"<" * 65_000, 99), TAKEN
        ),
        Hostile("profile-noise.jpg", lambda: with_profile(b"\x13" * 3000), TAKEN),
        Hostile("profile-cut.jpg", lambda: with_profile(srgb_profile()[:200]), TAKEN),
        Hostile("profile-wrong.jpg", lambda: with_profile(srgb_profile(), "CMYK"), TAKEN),
        Hostile("cmyk.jpg", jpeg_cmyk, TAKEN),
        Hostile("grey.jpg", partial(plain, "JPEG", "L"), TAKEN),
        Hostile("rgb.jpg", jpeg_rgb, TAKEN),
        Hostile("progressive.jpg", partial(plain, "JPEG", progressive=True), TAKEN),
        Hostile("16-bit.png", png_16_bit, TAKEN),
        Hostile("16-bit-rgb.png", partial(png, 300, 200, depth=16, colour=2), TAKEN),
        Hostile("1-bit.png", partial(plain, "PNG", "1"), TAKEN),
        Hostile("palette.png", partial(plain, "PNG", "P"), TAKEN),
        Hostile("alpha.png", partial(plain, "PNG", "RGBA"), TAKEN),
        Hostile("grey-alpha.png", partial(plain, "PNG", "LA"), TAKEN),
        Hostile("alpha.webp", partial(plain, "WEBP", "RGBA"), TAKEN),
        Hostile("lossless.webp", partial(plain, "WEBP", lossless=True), TAKEN),
        Hostile("moving.png", partial(animated, "PNG"), TAKEN),
        Hostile("moving.webp", partial(animated, "WEBP"), TAKEN),
        Hostile("one-pixel.png", partial(plain, "PNG", size=(1, 1)), TAKEN),
        Hostile("line.png", partial(png, 40_000, 1), TAKEN),
        Hostile("pole.png", partial(png, 1, 40_000), TAKEN),
    ]
    files += [
        Hostile(f"cut-{percent}.{ending}", partial(cut, make, percent / 100), "unreadable")
        for ending, make in honest.items()
        for percent in (1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98)
    ]
    files += [
        Hostile(f"head-{count}.{ending}", partial(head, make, count), "unreadable")
        for ending, make in honest.items()
        for count in (16, 20, 24, 29, 33, 40)
    ]
    return files


def _spoilt(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0x55,)) + data[at + 1 :]


def _two_frames() -> bytes:
    data = plain_jpeg()
    at = data.index(b"\xff\xc0")
    return data[:at] + data[at : at + 19] + data[at:]


def _boxes(count: int) -> bytes:
    return b"\0\0\0\x10ftypheic\0\0\0\0" + b"\0\0\0\x08free" * count


def _meta(size: int) -> bytes:
    return b"\0\0\0\x10ftypheic\0\0\0\0" + pack(">I", size + 8) + b"meta" + bytes(size)


FILES = _listed()


def spoilt(seed: int) -> bytes:
    """An honest file of any format with a few bytes changed, by number: any verdict may follow."""
    dice = random.Random(seed)
    makers = (plain_jpeg, partial(plain, "PNG"), partial(plain, "WEBP"), camera.heic, png_16_bit)
    data = bytearray(dice.choice(makers)())
    near = len(data) if dice.random() < 0.5 else min(len(data), 800)  # heads break in more ways
    for _ in range(dice.choice((1, 2, 8, 40))):
        data[dice.randrange(12, near)] = dice.randrange(256)
    return bytes(data)
