"""Photos as cameras make them, drawn here: the same bytes for the same arguments every time.

`photo()` gives a 12 MP JPEG of a market stall with whatever a phone would write beside it;
`heic()` the same scene as a phone's HEIC. Corners carry the colours in CORNERS, so that a test
can tell which way up a result is.
"""

import io
import random
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageOps

Size = tuple[int, int]

TWELVE_MEGAPIXELS = (4000, 3000)
# Drawn by scene(seed=7, size=(3024, 4032)), then encoded once with libheif and x265, stored lying
# on its side with the container's own turn and an EXIF orientation of 6, as iPhones do.
# No encoder is needed to run the tests, and none may be shipped.
HEIC = Path(__file__).parent / "files" / "market.heic"
HEIC_SEED, HEIC_SIZE = 7, (3024, 4032)
HEIC_POSITION, HEIC_TAKEN = (22.543096, 114.057865), "2025:11:03 08:30:05"

# Left top, right top, left bottom, right bottom: each a square of 1/16 of the short side.
CORNERS = ((220, 30, 30), (30, 170, 50), (40, 60, 210), (235, 200, 40))
STORE = {  # how a camera stores an upright scene, by EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@lru_cache(maxsize=4)
def scene(seed: int = 1, size: Size = TWELVE_MEGAPIXELS, grain: int = 12) -> Image.Image:
    """An upright market scene; another seed is another place. `grain` is the sensor's noise."""
    dice = random.Random(seed)
    picture = _clouds(dice, size)
    _stalls(ImageDraw.Draw(picture), dice, size)
    if grain:
        noise = Image.frombytes("L", (1024, 1024), dice.randbytes(1 << 20))
        noise = noise.point([round(grain + (value - 128) * grain / 128) for value in range(256)])
        sheet = Image.new("L", size)
        for top in range(0, size[1], 1024):
            for left in range(0, size[0], 1024):
                sheet.paste(noise, (left, top))
        picture = Image.merge(
            "RGB",
            [ImageChops.add(channel, sheet, offset=-grain) for channel in picture.split()],
        )
    _corners(ImageDraw.Draw(picture), size)
    return picture


@lru_cache(maxsize=24)
def photo(
    seed: int = 1,
    *,
    size: Size = TWELVE_MEGAPIXELS,
    orientation: int = 1,
    position: tuple[float, float] | None = None,
    taken_at: datetime | None = None,
    make: str = "Suishou",
    model: str = "Pocket 12",
    quality: int = 88,
    progressive: bool = False,
) -> bytes:
    """A JPEG as a phone writes it; `size` is the upright one. An aware `taken_at` has an offset."""
    picture = scene(seed, size)
    if orientation in STORE:
        picture = picture.transpose(STORE[orientation])
    exif = camera_exif(
        orientation=orientation, position=position, taken_at=taken_at, make=make, model=model
    )
    return jpeg(picture, exif=exif, quality=quality, progressive=progressive)


def heic() -> bytes:
    """A 12 MP portrait HEIC with position, time and device, turned by its container."""
    return HEIC.read_bytes()


def jpeg(picture: Image.Image, *, quality: int = 88, **options: object) -> bytes:
    """These pixels as a JPEG; `options` go to Pillow (exif, progressive, comment, ...)."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def camera_exif(
    *,
    orientation: int = 1,
    position: tuple[float, float] | None = None,
    taken_at: datetime | None = None,
    make: str = "Suishou",
    model: str = "Pocket 12",
) -> Image.Exif:
    """What a phone writes beside the pixels. `position` is (latitude, longitude) in degrees."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = make, model
    if taken_at:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        if taken_at.tzinfo:
            offset = taken_at.strftime("%z")
            details[ExifTags.Base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:]}"
    if position:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude, longitude = position
        gps[ExifTags.GPS.GPSLatitudeRef] = "S" if latitude < 0 else "N"
        gps[ExifTags.GPS.GPSLatitude] = _sexagesimal(abs(latitude))
        gps[ExifTags.GPS.GPSLongitudeRef] = "W" if longitude < 0 else "E"
        gps[ExifTags.GPS.GPSLongitude] = _sexagesimal(abs(longitude))
    return exif


def corner_colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """The middle of each corner's square, in the order of CORNERS."""
    width, height = picture.size
    inset = min(width, height) // 32
    right, bottom = width - 1 - inset, height - 1 - inset
    places = ((inset, inset), (right, inset), (inset, bottom), (right, bottom))
    rgb = picture.convert("RGB")
    return [rgb.getpixel(place) for place in places]  # type: ignore[misc]


def is_upright(picture: Image.Image, tolerance: int = 40) -> bool:
    """Whether every corner has its own colour, give or take what compression does."""
    return all(
        abs(seen - wanted) <= tolerance
        for colour, corner in zip(corner_colours(picture), CORNERS, strict=True)
        for seen, wanted in zip(colour, corner, strict=True)
    )


def _clouds(dice: random.Random, size: Size) -> Image.Image:
    """Light and shade of several sizes, as anything outdoors has."""
    width, height = size
    shade = Image.new("L", size)
    for octave in (3, 9, 40, 160):
        cells = (octave + 1, max(2, octave * height // width + 1))
        coarse = Image.frombytes("L", cells, dice.randbytes(cells[0] * cells[1]))
        layer = coarse.resize(size, Image.Resampling.BICUBIC)
        shade = layer if octave == 3 else Image.blend(shade, layer, 0.2)
    dark, light = ((dice.randrange(20, 90) + base,) * 3 for base in (0, 140))
    warm = dice.randrange(-15, 16)
    return ImageOps.colorize(
        shade, (dark[0] + warm, dark[1], dark[2] - warm), (light[0] + warm, light[1], light[2])
    )


def _stalls(draw: ImageDraw.ImageDraw, dice: random.Random, size: Size) -> None:
    """Awnings, crates and fruit."""
    width, height = size
    for _ in range(14):
        left, top = dice.randrange(width), dice.randrange(height // 4, height)
        wide, tall = (
            dice.randrange(width // 16, width // 5),
            dice.randrange(height // 20, height // 6),
        )
        colour = tuple(dice.randrange(40, 230) for _ in range(3))
        draw.rectangle((left, top, left + wide, top + tall), fill=colour)
        for stripe in range(0, wide, max(4, wide // 7)):
            shade = tuple(max(0, part - 45) for part in colour)
            draw.rectangle((left + stripe, top, left + stripe + wide // 14, top + tall), fill=shade)
    for _ in range(260):
        x, y, r = dice.randrange(width), dice.randrange(height // 2, height), height // 70
        colour = (dice.randrange(120, 255), dice.randrange(30, 200), dice.randrange(20, 80))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _corners(draw: ImageDraw.ImageDraw, size: Size) -> None:
    width, height = size
    side = min(width, height) // 16
    for at, colour in enumerate(CORNERS):
        left = width - side if at % 2 else 0
        top = height - side if at >= 2 else 0
        draw.rectangle((left, top, left + side - 1, top + side - 1), fill=colour)


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(degrees * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return whole, minutes, round(seconds, 4)
