"""Why a photo is not taken."""

CODES = frozenset(
    {
        "empty",  # no bytes at all
        "too_large",  # more bytes than MAX_BYTES
        "not_an_image",  # the content is none of JPEG, PNG, WebP, HEIC
        "too_many_pixels",  # more pixels than MAX_PIXELS
        "unreadable",  # one of ours by its first bytes, but broken, cut off or of an odd kind
        "too_heavy",  # decoding ran out of memory or time
    }
)


class PhotoRefused(Exception):
    """This file will never become a photo; trying again does not help. `code` is one of CODES."""

    def __init__(self, code: str) -> None:
        if code not in CODES:
            raise ValueError(f"unknown refusal: {code}")
        super().__init__(code)
        self.code = code
