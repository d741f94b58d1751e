"""What the camera wrote about the moment: kept as private evidence, never in the picture.

Any of it may be missing, wrong or hostile, so each part is read on its own and may be None.
"""

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from PIL import ExifTags, Image

CHINA = timezone(timedelta(hours=8))
MOMENT = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
Base, GPS = ExifTags.Base, ExifTags.GPS
# Each time of the camera with the offset that belongs to it, best first.
MOMENTS = (
    (Base.DateTimeOriginal, Base.OffsetTimeOriginal),
    (Base.DateTimeDigitized, Base.OffsetTimeDigitized),
)


class Evidence(NamedTuple):
    """`orientation` 1-8; degrees WGS-84; `device` as the camera calls itself."""

    orientation: int = 1
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    device: str = ""


def read_evidence(exif: Image.Exif) -> Evidence:
    """Never raises. A time without an offset is taken as China's, where the markets are."""
    base = _part(exif)
    details = _part(exif, ExifTags.IFD.Exif)
    gps = _part(exif, ExifTags.IFD.GPSInfo)
    latitude = _degrees(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, "S", 90)
    longitude = _degrees(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, "W", 180)
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):
        latitude = longitude = None  # half a position, or what a camera without a fix writes
    turn = base.get(Base.Orientation)
    return Evidence(
        orientation=turn if isinstance(turn, int) and 1 <= turn <= 8 else 1,
        taken_at=_taken_at(base, details),
        latitude=latitude,
        longitude=longitude,
        device=_device(_text(base.get(Base.Make)), _text(base.get(Base.Model))),
    )


def _part(exif: Image.Exif, which: int | None = None) -> dict[int, Any]:
    try:
        return dict(exif if which is None else exif.get_ifd(which))
    except Exception:  # a damaged directory raises nearly anything
        return {}


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    shown = "".join(letter for letter in value if letter.isprintable())
    return " ".join(shown.replace("�", "").split())[:60]


def _device(make: str, model: str) -> str:
    if model.lower().startswith(make.lower()):
        return model
    return f"{make} {model}".strip()


def _taken_at(base: dict[int, Any], details: dict[int, Any]) -> datetime | None:
    for moment_tag, offset_tag in MOMENTS:
        moment = _moment(details.get(moment_tag), details.get(offset_tag))
        if moment:
            return moment
    return _moment(base.get(Base.DateTime), details.get(Base.OffsetTime))


def _moment(written: Any, offset: Any) -> datetime | None:
    found = MOMENT.match(_text(written))
    if not found:
        return None
    zone = CHINA
    shift = OFFSET.fullmatch(_text(offset))
    if shift:
        minutes = int(shift[2]) * 60 + int(shift[3])
        if minutes <= 14 * 60:
            zone = timezone(timedelta(minutes=-minutes if shift[1] == "-" else minutes))
    try:
        moment = datetime(*(int(part) for part in found.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return moment if moment.year >= 1990 else None  # a camera whose clock was never set


def _degrees(
    gps: dict[int, Any], tag: int, side_tag: int, negative: str, limit: int
) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in gps[tag])
        value = degrees + minutes / 60 + seconds / 3600
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    if not math.isfinite(value) or not 0 <= value <= limit:
        return None
    return round(-value if _text(gps.get(side_tag)) == negative else value, 7)
