"""Real cameras' photos, where that folder lies beside this checkout."""

import io
import itertools
from pathlib import Path

import pytest
from PIL import Image

from reports.imaging.fingerprint import hamming
from reports.imaging.limited import process_limited
from reports.imaging.process import process
from tests import camera

FOLDER = Path(__file__).parents[3] / "shared" / "photos"
PHOTOS = sorted(
    path for path in FOLDER.glob("*") if path.suffix in {".jpg", ".heif", ".heic", ".png"}
)
pytestmark = pytest.mark.skipif(not PHOTOS, reason="no extra camera photos beside this checkout")


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_a_real_photo_becomes_two_plain_ones(path):
    photo = process_limited(path)
    large = Image.open(io.BytesIO(photo.large))
    small = Image.open(io.BytesIO(photo.small))
    assert large.size == (photo.width, photo.height)
    assert max(large.size) <= 1600
    assert max(small.size) <= 480
    assert not large.getexif()
    assert not small.getexif()
    again = process(camera.jpeg(large, quality=50))
    assert hamming(photo.fingerprint, again.fingerprint) <= 2


@pytest.mark.parametrize(
    ("scene", "size"), [("landscape", (1600, 1067)), ("portrait", (1067, 1600))]
)
def test_one_scene_in_four_orientations_is_one_picture(scene, size):
    turned = [process(path) for path in PHOTOS if f"orientation-{scene}" in path.name]
    assert len(turned) == 4
    assert {(photo.width, photo.height) for photo in turned} == {size}
    for one, other in itertools.combinations(turned, 2):
        assert hamming(one.fingerprint, other.fingerprint) <= 2


def test_different_scenes_are_told_apart():
    scenes = [path for path in PHOTOS if "orientation" not in path.name or "-1." in path.name]
    marks = [process(path).fingerprint for path in scenes]
    for one, other in itertools.combinations(marks, 2):
        assert hamming(one, other) >= 16


def test_what_real_cameras_wrote_is_read():
    found = {path.name: process(path) for path in PHOTOS if path.name.startswith(("DSCN", "HMD"))}
    assert found["DSCN0010.jpg"].latitude == pytest.approx(43.46745, abs=1e-4)
    assert found["DSCN0010.jpg"].longitude == pytest.approx(11.88513, abs=1e-4)
    assert found["DSCN0010.jpg"].device == "NIKON COOLPIX P6000"
    phone = found["HMD_Nokia_8.3_5G.jpg"]
    assert phone.taken_at.isoformat() == "2022-08-14T14:12:31+03:00"
    assert phone.device == "HMD Global Nokia 8.3 5G"
    assert found["HMD_Nokia_8.3_5G.heif"].longitude == pytest.approx(-4.00514, abs=1e-4)
    assert (found["HMD_Nokia_8.3_5G.heif"].width, found["HMD_Nokia_8.3_5G.heif"].height) == (
        1200,
        1600,
    )
