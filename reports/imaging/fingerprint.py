"""A 64-bit difference hash: one picture recompressed differs in 1-2 bits, two in 24 or so."""

from PIL import Image

MASK = (1 << 64) - 1


def fingerprint(picture: Image.Image) -> int:
    """Which of two neighbours is brighter, on 9 x 8 grey squares; signed, so it fits a bigint."""
    grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (grey[at] < grey[at + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def hamming(a: int, b: int) -> int:
    """In how many of 64 bits two fingerprints differ."""
    return ((a ^ b) & MASK).bit_count()
