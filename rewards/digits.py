"""The eight digits of a voucher, and what people type, paste or scan instead of them."""

import re
import secrets
import unicodedata

LENGTH = 8
_ADDRESS = re.compile(r"/verify/([A-Za-z0-9_-]{16,32})(?:[/?#]|$)")
_BETWEEN = re.compile(r"[\s\-_.·—–]+")


def check_digit(first: str) -> str:
    """The digit that makes the ISO 7064 MOD 11,10 sum whole.

    It finds every single wrong digit and nearly all swaps of neighbours.
    """
    carry = 10
    for digit in first:
        total = (carry + int(digit)) % 10 or 10
        carry = total * 2 % 11
    return str((11 - carry) % 10)


def new_digits() -> str:
    """Seven digits by chance and the check digit."""
    first = f"{secrets.randbelow(10 ** (LENGTH - 1)):0{LENGTH - 1}d}"
    return first + check_digit(first)


def is_well_typed(digits: str) -> bool:
    return (
        len(digits) == LENGTH
        and digits.isascii()
        and digits.isdigit()
        and check_digit(digits[:-1]) == digits[-1]
    )


def read_typed(typed: str) -> str:
    """What was typed, pasted or scanned, as plain digits: full-width, spaces and dashes allowed.

    May hold other letters when it was something else; `is_well_typed` tells.
    """
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", typed))


def token_in(typed: str) -> str:
    """The token, where a voucher's address was scanned or pasted; else nothing."""
    found = _ADDRESS.search(unicodedata.normalize("NFKC", typed).strip())
    return found.group(1) if found else ""
