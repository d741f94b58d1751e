"""What comes out: upright, small, bare."""

import io
import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageStat

from reports.imaging.evidence import CHINA
from reports.imaging.fingerprint import hamming
from reports.imaging.inspect import inspect
from reports.imaging.process import process
from reports.imaging.refusals import PhotoRefused
from tests import camera, hostile

pytestmark = pytest.mark.slow

SIZE = (1200, 900)  # small enough to make many


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """Every marker before the scan with its body."""
    at, found = 2, []
    while data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def is_bare(data: bytes) -> bool:
    """JFIF's own sixteen bytes and the tables: nothing else may be in a JPEG of ours."""
    allowed = {0xE0, 0xDB, 0xC0, 0xC4}
    return (
        {marker for marker, _ in segments(data)} <= allowed
        and [len(body) for marker, body in segments(data) if marker == 0xE0] == [14]
        and data.endswith(b"\xff\xd9")
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation):
    photo = process(camera.photo(1, size=SIZE, orientation=orientation))
    assert (photo.width, photo.height) == SIZE
    for data, size in ((photo.large, SIZE), (photo.small, (480, 360))):
        assert opened(data).size == size
        assert camera.is_upright(opened(data))
    same = process(camera.photo(1, size=SIZE))
    assert hamming(photo.fingerprint, same.fingerprint) <= 2


def test_a_photo_that_is_not_turned_is_seen_as_such():
    """The control: without turning, the corners are wrong in seven of eight."""
    for orientation in range(2, 9):
        assert not camera.is_upright(opened(camera.photo(1, size=SIZE, orientation=orientation)))


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_upright(orientation):
    exif = camera.camera_exif(orientation=orientation)
    photo = process(camera.jpeg(camera.scene(1, SIZE), exif=exif))
    assert camera.is_upright(opened(photo.large))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_are_turned_too(kind):
    buffer = io.BytesIO()
    lying = camera.scene(1, SIZE).transpose(camera.STORE[6])
    lying.save(buffer, kind, exif=camera.camera_exif(orientation=6))
    photo = process(buffer.getvalue())
    assert camera.is_upright(opened(photo.large))
    assert photo.original_format == kind


def test_twelve_megapixels_from_a_phone():
    zone = timezone(timedelta(hours=8))
    taken = datetime(2025, 11, 3, 8, 30, 5, tzinfo=zone)
    photo = process(
        camera.photo(2, orientation=6, position=(22.543096, 114.057865), taken_at=taken)
    )
    assert (photo.width, photo.height) == (1600, 1200)
    assert camera.is_upright(opened(photo.large))
    assert camera.is_upright(opened(photo.small))
    assert opened(photo.small).size == (480, 360)
    assert photo.taken_at == taken
    assert photo.latitude == pytest.approx(22.543096, abs=1e-6)
    assert photo.longitude == pytest.approx(114.057865, abs=1e-6)
    assert photo.device == "Suishou Pocket 12"
    assert photo.original_format == "JPEG"
    assert -(2**63) <= photo.fingerprint < 2**63
    assert len(photo.large) < 600_000
    assert len(photo.small) < 60_000


def test_heic_from_a_phone():
    photo = process(camera.heic())
    assert (photo.width, photo.height) == (1200, 1600)
    assert camera.is_upright(opened(photo.large))
    assert camera.is_upright(opened(photo.small))
    assert is_bare(photo.large)
    assert photo.latitude == pytest.approx(camera.HEIC_POSITION[0], abs=1e-6)
    assert photo.longitude == pytest.approx(camera.HEIC_POSITION[1], abs=1e-6)
    assert photo.taken_at == datetime(2025, 11, 3, 8, 30, 5, tzinfo=CHINA)
    assert photo.device == "Apple iPhone 15"
    assert photo.original_format == "HEIC"
    drawn = process(camera.jpeg(camera.scene(camera.HEIC_SEED, camera.HEIC_SIZE)))
    assert hamming(photo.fingerprint, drawn.fingerprint) <= 2


@pytest.mark.parametrize(
    "file", [file for file in hostile.FILES if file.door == hostile.TAKEN], ids=lambda f: f.name
)
def test_what_odd_files_carry_is_lost_on_the_way(file):
    photo = process(file.make())
    for data in (photo.large, photo.small):
        assert is_bare(data)
        for trace in (b"script", b"php", b"PK\x03\x04", b"index.html", b"Exif", b"Suishou"):
            assert trace not in data


@pytest.mark.parametrize(
    "file", [file for file in hostile.FILES if file.door != hostile.TAKEN], ids=lambda f: f.name
)
def test_what_the_door_refuses_is_refused_here_as_well(file):
    with pytest.raises(PhotoRefused) as refusal:
        process(file.make())
    assert refusal.value.code == file.door


def test_what_is_cut_off_behind_the_door_s_back_is_found_in_decoding():
    """Head and end are whole, what is between them is not."""
    png = hostile.plain("PNG")
    webp = hostile.cut(lambda: hostile.plain("WEBP"), 0.5)
    webp = webp[:4] + (len(webp) - 8).to_bytes(4, "little") + webp[8:]
    for data in (png[: len(png) // 2] + png[-12:], webp):
        assert inspect(io.BytesIO(data)).width == 320
        with pytest.raises(PhotoRefused) as refusal:
            process(data)
        assert refusal.value.code == "unreadable"


def test_what_a_picture_looks_like_survives_every_mode():
    drawn = camera.scene(3, (320, 240))
    for make in (
        lambda: hostile.plain("PNG"),
        lambda: hostile.plain("WEBP"),
        lambda: hostile.plain("PNG", "RGBA"),
        lambda: hostile.plain("JPEG", progressive=True),
        hostile.jpeg_rgb,
        hostile.jpeg_cmyk,
        lambda: hostile.with_profile(hostile.srgb_profile()),
        lambda: hostile.with_profile(b"\x13" * 3000),
        lambda: hostile.plain("PNG", "P"),
    ):
        made = opened(process(make()).large).convert("RGB")
        assert made.size == drawn.size
        assert _mean_difference(made, drawn) < 5


def test_sixteen_bits_keep_their_greys():
    grey = camera.scene(3, (320, 240)).convert("L").convert("RGB")
    made = opened(process(hostile.png_16_bit()).large).convert("RGB")
    assert _mean_difference(made, grey) < 5


def test_an_animation_is_its_first_frame():
    first = camera.scene(3, (160, 120))
    for kind in ("PNG", "WEBP"):
        made = opened(process(hostile.animated(kind)).large)
        assert _mean_difference(made, first) < 5


def test_what_is_see_through_becomes_white():
    glass = Image.new("RGBA", (300, 200), (255, 0, 0, 0))
    glass.paste((0, 0, 255, 255), (100, 0, 300, 200))
    for kind in ("PNG", "WEBP"):
        buffer = io.BytesIO()
        glass.save(buffer, kind)
        made = opened(process(buffer.getvalue()).large)
        assert min(made.getpixel((20, 100))) > 245
        assert made.getpixel((250, 100))[2] > 240


def test_a_wide_colour_space_is_turned_into_the_usual_one():
    """The same numbers mean a stronger red in Display P3 (here: a profile of wider primaries)."""
    wide = _wide_profile()
    dull = process(hostile.plain("PNG"))
    strong = process(hostile.plain("PNG", icc_profile=wide))
    assert _mean_difference(opened(dull.large), opened(strong.large)) > 2
    assert is_bare(strong.large)


def _wide_profile() -> bytes:
    """sRGB's profile with green and red moved outwards and another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    place = profile.index(b"rXYZ")
    at = int.from_bytes(profile[place + 4 : place + 8], "big") + 8
    red = [int.from_bytes(profile[at + 4 * i : at + 4 * i + 4], "big") for i in range(3)]
    for i, value in enumerate((red[0] * 118 // 100, red[1] * 108 // 100, red[2] // 8)):
        profile[at + 4 * i : at + 4 * i + 4] = value.to_bytes(4, "big")
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


def test_nothing_is_enlarged_and_no_side_vanishes():
    tiny = process(hostile.plain("PNG", size=(40, 30)))
    assert (tiny.width, tiny.height) == (40, 30)
    assert opened(tiny.small).size == (40, 30)
    line = process(hostile.png(40_000, 1))
    assert (line.width, line.height) == (1600, 1)
    assert opened(line.small).size == (480, 1)


def test_fingerprints_tell_copies_from_others():
    marks = {}
    for seed in range(1, 9):
        marks[seed] = process(camera.photo(seed, size=SIZE)).fingerprint
    for one, other in itertools.combinations(marks, 2):
        assert hamming(marks[one], marks[other]) >= 16, (one, other)
    for seed, mark in marks.items():
        picture = camera.scene(seed, SIZE)
        for copy in (
            camera.jpeg(picture, quality=40),
            camera.jpeg(picture.resize((800, 600))),
            camera.jpeg(opened(process(camera.jpeg(picture)).large), quality=60),
        ):
            assert hamming(mark, process(copy).fingerprint) <= 2


def test_hamming_counts_bits_of_signed_numbers():
    assert hamming(0, 0) == 0
    assert hamming(-1, 0) == 64
    assert hamming(-(2**63), 2**63 - 1) == 64
    assert hamming(5, 6) == 2


def evidence_of(exif: Image.Exif):
    return process(camera.jpeg(camera.scene(3, (320, 240)), exif=exif))


def test_a_time_without_an_offset_is_china_s():
    exif = camera.camera_exif(taken_at=datetime(2025, 1, 2, 3, 4, 5))
    assert evidence_of(exif).taken_at == datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)


def test_a_time_with_an_offset_is_that_one():
    there = timezone(timedelta(hours=-3, minutes=-30))
    moment = datetime(2025, 1, 2, 3, 4, 5, tzinfo=there)
    assert evidence_of(camera.camera_exif(taken_at=moment)).taken_at == moment


@pytest.mark.parametrize(
    "written", ["0000:00:00 00:00:00", "2025:13:40 99:99:99", "1970:01:01 00:00:00", "gestern", ""]
)
def test_a_time_that_is_none(written):
    exif = camera.camera_exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = written
    assert evidence_of(exif).taken_at is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((-33.5, -70.25), (-33.5, -70.25)),
        ((0.0, 0.0), (None, None)),
        ((91.0, 10.0), (None, None)),
        ((10.0, 181.0), (None, None)),
    ],
)
def test_positions(given, kept):
    photo = evidence_of(camera.camera_exif(position=given))
    assert (photo.latitude, photo.longitude) == pytest.approx(kept)


def test_half_a_position_is_none():
    exif = camera.camera_exif(position=(22.5, 114.0))
    del exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLongitude]
    photo = evidence_of(exif)
    assert (photo.latitude, photo.longitude) == (None, None)


@pytest.mark.parametrize(
    ("make", "model", "device"),
    [
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("Nokia", "Nokia 8.3 5G", "Nokia 8.3 5G"),
        ("", "", ""),
        ("a\x00\x1b[31mb", "x" * 500, "a[31mb " + "x" * 60),
    ],
)
def test_the_device_in_words(make, model, device):
    assert evidence_of(camera.camera_exif(make=make, model=model)).device == device


def _mean_difference(one: Image.Image, other: Image.Image) -> float:
    """Of colours, 0-255, seen from a little farther away: grain is what compression takes."""
    one, other = (picture.convert("RGB").reduce(4) for picture in (one, other))
    difference = ImageChops.difference(one, other)
    return sum(ImageStat.Stat(difference).mean) / 3
