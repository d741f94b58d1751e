"""Whatever the bytes are, there are two answers only."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.imaging.inspect import Shape, inspect
from reports.imaging.process import LARGE, Processed, process
from reports.imaging.refusals import PhotoRefused
from tests import camera, hostile

pytestmark = pytest.mark.slow

STARTS = (
    b"",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"RIFF\x40\0\0\0WEBPVP8L",
    b"RIFF\x40\0\0\0WEBPVP8X",
    b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x40meta",
)
HONEST = (
    hostile.plain_jpeg(),
    hostile.plain("PNG"),
    hostile.plain("WEBP"),
    hostile.plain("WEBP", "RGBA"),
    camera.heic(),
)


def verdict(data: bytes) -> Shape | str:
    try:
        return inspect(io.BytesIO(data))
    except PhotoRefused as refusal:
        return refusal.code


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_noise_behind_any_beginning(start, noise):
    found = verdict(start + noise)
    assert isinstance(found, str) or (found.width > 0 and found.height > 0)


@settings(max_examples=300)
@given(
    st.sampled_from(HONEST),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=20),
    st.integers(0, 100),
)
def test_honest_files_with_changed_bytes(data, changes, cut):
    spoilt = bytearray(data)
    for at, value in changes:
        spoilt[at % len(spoilt)] = value
    found = verdict(bytes(spoilt[: len(spoilt) - cut]))
    assert isinstance(found, (str, Shape))


@pytest.mark.parametrize("seed", range(120))
def test_decoding_spoilt_files_ends_in_a_photo_or_a_refusal(seed):
    """In this process on purpose: a decoder that crashes takes the test with it."""
    data = hostile.spoilt(seed)
    try:
        photo = process(data)
    except PhotoRefused:
        return  # with one of CODES: it cannot be made with another
    assert isinstance(photo, Processed)
    assert 0 < max(photo.width, photo.height) <= LARGE
