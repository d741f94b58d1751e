"""The look at the door."""

import contextlib
import io
import time

import pytest
from PIL import Image, JpegImagePlugin, PngImagePlugin

from reports.imaging.inspect import MAX_BYTES, MAX_PIXELS, Shape, inspect
from reports.imaging.refusals import PhotoRefused
from tests import camera, hostile
from tests.hostile import TAKEN, Hostile

pytestmark = pytest.mark.slow


def look(data: bytes) -> Shape:
    return inspect(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (camera.photo, Shape("JPEG", 4000, 3000)),
        (lambda: camera.photo(orientation=6), Shape("JPEG", 3000, 4000)),
        (lambda: hostile.plain("PNG"), Shape("PNG", 320, 240)),
        (lambda: hostile.plain("WEBP"), Shape("WEBP", 320, 240)),
        (lambda: hostile.plain("WEBP", lossless=True), Shape("WEBP", 320, 240)),
        (lambda: hostile.plain("WEBP", "RGBA"), Shape("WEBP", 320, 240)),
        (camera.heic, Shape("HEIC", 4032, 3024)),
    ],
)
def test_honest_photos_are_known_by_their_content(data, shape):
    assert look(data()) == shape


@pytest.mark.parametrize("file", hostile.FILES, ids=lambda file: file.name)
def test_each_hostile_file_gets_its_word(file: Hostile):
    data = file.make()
    if file.door == TAKEN:
        assert look(data).format in {"JPEG", "PNG", "WEBP", "HEIC"}
    else:
        with pytest.raises(PhotoRefused) as refusal:
            look(data)
        assert refusal.value.code == file.door


def test_there_are_enough_hostile_files():
    assert len({file.name for file in hostile.FILES}) == len(hostile.FILES)
    assert len([file for file in hostile.FILES if file.door != TAKEN]) >= 120


def test_a_fifty_megapixel_phone_is_welcome():
    assert look(hostile.png(8192, 6144)).width == 8192
    assert 8192 * 6144 < MAX_PIXELS < 52_000_000


def test_twenty_megabytes_pass_and_one_byte_more_does_not():
    photo = hostile.plain_jpeg()
    padding = MAX_BYTES - len(photo)
    # Padded inside, so that the end of the picture is at the end of the file.
    piece = b"\xff\xfe\xff\xff" + bytes(65_533)
    full = photo[:2] + piece * (padding // len(piece)) + photo[2:]
    full = full[:-2] + bytes(MAX_BYTES - len(full)) + full[-2:]
    assert len(full) == MAX_BYTES
    assert look(full).format == "JPEG"
    with pytest.raises(PhotoRefused) as refusal:
        look(full + b"\0")
    assert refusal.value.code == "too_large"


def test_the_file_is_given_back_at_its_start():
    for data in (hostile.plain_jpeg(), b"no photo"):
        file = io.BytesIO(data)
        file.seek(5)
        with contextlib.suppress(PhotoRefused):
            inspect(file)
        assert file.tell() == 0


class Watched(io.BytesIO):
    """Counts what is taken out of it."""

    taken = largest = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        self.largest = max(self.largest, len(data))
        return data


def test_no_pixel_is_decoded_and_little_is_read(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a decoder was asked")

    for reader in (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile):
        monkeypatch.setattr(reader, "__init__", refuse)
    monkeypatch.setattr(Image, "open", refuse)
    for data in (camera.photo(), camera.heic(), hostile.plain("PNG"), hostile.png(12_000, 4_000)):
        file = Watched(data)
        inspect(file)
        assert file.taken < 50_000
    broken = Watched(camera.photo()[:-2])  # the end is looked for in the last megabyte at most
    with pytest.raises(PhotoRefused):
        inspect(broken)
    assert broken.taken < 1_200_000
    assert broken.largest <= 1 << 20


def test_the_slowest_hostile_file_is_quick():
    """Counted in processor time and generously, so that a busy machine does not fail it."""
    slowest = 0.0
    for file in hostile.FILES:
        data = io.BytesIO(file.make())
        times = []
        for _ in range(3):
            start = time.process_time()
            with contextlib.suppress(PhotoRefused):
                inspect(data)
            times.append(time.process_time() - start)
        slowest = max(slowest, min(times))
    assert slowest < 0.02
