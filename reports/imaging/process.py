"""From a stranger's file to two plain JPEGs of ours, and what is kept beside them.

Run it through `limited.process_limited`: decoders are C, and what they are fed is not ours.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pi_heif
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from .evidence import Evidence, read_evidence
from .fingerprint import fingerprint
from .inspect import MAX_PIXELS, inspect
from .refusals import PhotoRefused

LARGE, SMALL = 1600, 480  # pixels on the long side
LARGE_QUALITY, SMALL_QUALITY = 82, 78
# When shrinking as sharp as bicubic to the eye, for little more than half its time.
FILTER = Image.Resampling.HAMMING
SOLID = {"RGB", "YCbCr", "L", "CMYK"}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The plain readers, not Image.open: no guessing among formats, and no plug-in that follows the
# further pictures in a phone's multi-picture JPEG.
READERS: dict[str, Callable[[io.BytesIO], Image.Image]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}

# One thread halves HEIC's memory; thumbnails, depth maps and the like are not wanted.
pi_heif.options.DECODE_THREADS = 1
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False


@dataclass(frozen=True, kw_only=True)
class Processed:
    """`large` and `small` are upright JPEGs that carry nothing but pixels; size is of `large`.

    The rest is private evidence: `taken_at` aware, degrees WGS-84, `device` may be empty.
    `fingerprint` is signed 64 bits.
    """

    large: bytes
    small: bytes
    width: int
    height: int
    fingerprint: int
    taken_at: datetime | None
    latitude: float | None
    longitude: float | None
    device: str
    original_format: str


def process(source: str | Path | bytes | BinaryIO) -> Processed:
    """Decode, turn upright, strip, shrink, and fingerprint. Refuses with PhotoRefused."""
    if isinstance(source, (str, Path)):
        with open(source, "rb") as file:
            return process(file)
    if isinstance(source, bytes):
        source = io.BytesIO(source)
    shape = inspect(source)
    data = source.read()
    try:
        picture, evidence = (_heic if shape.format == "HEIC" else _plain)(data, shape.format)
    except PhotoRefused:
        raise
    except MemoryError:
        raise PhotoRefused("too_heavy") from None
    except Exception as error:  # decoders raise nearly anything about damaged bytes
        starved = "Memory allocation" in str(error)  # libheif has no exception of its own for it
        raise PhotoRefused("too_heavy" if starved else "unreadable") from error
    small = picture.resize(_fit(picture.size, SMALL), FILTER, reducing_gap=1.5)
    return Processed(
        large=_jpeg(picture, LARGE_QUALITY),
        small=_jpeg(small, SMALL_QUALITY),
        width=picture.width,
        height=picture.height,
        fingerprint=fingerprint(small),
        taken_at=evidence.taken_at,
        latitude=evidence.latitude,
        longitude=evidence.longitude,
        device=evidence.device,
        original_format=shape.format,
    )


def _plain(data: bytes, kind: str) -> tuple[Image.Image, Evidence]:
    picture = READERS[kind](io.BytesIO(data))
    _check_pixels(picture.size)
    evidence = _evidence_of(picture)
    profile = picture.info.get("icc_profile")
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        # The picture's own aspect: a square box would silently decode every pixel. YCbCr as it
        # is stored, since it ends as YCbCr again.
        picture.draft("YCbCr" if _is_ycbcr(picture) else None, _fit(picture.size, LARGE))
    picture.load()
    picture = _shrink(_without_alpha(picture))
    picture = _to_srgb(picture, profile)
    turn = TURNS.get(evidence.orientation)
    return picture.transpose(turn) if turn is not None else picture, evidence


def _heic(data: bytes, kind: str) -> tuple[Image.Image, Evidence]:
    """Already upright: the container's own turn counts, EXIF's is a copy of it for others."""
    holder = pi_heif.open_heif(data, convert_hdr_to_8bit=True, remove_stride=False)
    item = holder[holder.primary_index]
    _check_pixels(item.size)
    exif = Image.Exif()
    try:
        exif.load(item.info.get("exif") or b"")
    except Exception:  # the picture is good without it
        exif = Image.Exif()
    pixels = memoryview(item.data)
    width, height = item.size
    _check_pixels(item.size)
    mode = item.mode.replace("RGB;16", "RGB").replace("L;16", "I;16")
    step = max(1, int(max(width, height) / (LARGE * 1.2)))
    shrunk = Image.new("RGB", (-(-width // step), -(-height // step)))
    band = step * 64
    # In bands: the whole picture in Pillow's four bytes a pixel would double the memory.
    for top in range(0, height, band):
        rows = min(band, height - top)
        part = pixels[top * item.stride : (top + rows) * item.stride]
        strip = Image.frombytes(mode, (width, rows), bytes(part), "raw", mode, item.stride)
        strip = _without_alpha(strip).convert("RGB")
        shrunk.paste(strip.reduce(step) if step > 1 else strip, (0, top // step))
    picture = _to_srgb(_shrink(shrunk), item.info.get("icc_profile"))
    return picture, read_evidence(exif)


def _is_ycbcr(picture: JpegImagePlugin.JpegImageFile) -> bool:
    """Surely: libjpeg cannot turn the rare JPEG that is stored as RGB into YCbCr."""
    numbers = [part[0] for part in picture.layer]
    return numbers == [1, 2, 3] and picture.info.get("adobe_transform") != 0


def _evidence_of(picture: Image.Image) -> Evidence:
    try:
        return read_evidence(picture.getexif())
    except Exception:  # garbage where EXIF should be says nothing about the pixels
        return Evidence()


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise PhotoRefused("too_many_pixels")


def _without_alpha(picture: Image.Image) -> Image.Image:
    """On white, in a mode that can be resized: RGB, YCbCr, L or CMYK."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        return paper
    return picture if picture.mode in SOLID else picture.convert("RGB")


def _shrink(picture: Image.Image) -> Image.Image:
    size = _fit(picture.size, LARGE)
    if size == picture.size:
        return picture
    return picture.resize(size, FILTER, reducing_gap=2.0)


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Phones write Display P3: dropping its profile unread would pale every red."""
    if profile:
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(theirs):
                ours = ImageCms.createProfile("sRGB")
                rgb = picture.convert("RGB") if picture.mode == "YCbCr" else picture
                return ImageCms.profileToProfile(rgb, theirs, ours, outputMode="RGB") or rgb
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken profile, or one for other colours, is no reason to lose the photo
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def _fit(size: tuple[int, int], longest: int) -> tuple[int, int]:
    long_side = max(size)
    if long_side <= longest:
        return size
    width, height = (max(1, round(side * longest / long_side)) for side in size)
    return width, height


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    picture.info = {}  # a comment would be written again
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()
