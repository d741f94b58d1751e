"""Telephone numbers as people write them, and the one form in which they are kept: E.164."""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumberType

from accounts.errors import PhoneRefused

# Spaces of any kind, dashes, brackets, dots, and the invisible marks that copying brings along.
_AROUND = re.compile(r"[\s\-\u2010-\u2015\u2212.()\u00b7\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_DEMO = re.compile(r"100\d{8}")  # numbers that no carrier has ever given out


def parse_phone(text: str) -> str:
    """The E.164 form of a mainland mobile number.

    Spaces, dashes, full-width digits, +86, 0086 and a bare 86 are understood. Raises PhoneRefused
    with the code that says what is wrong. 100-numbers pass only with `settings.DEMO_PHONES`.
    """
    bare = _AROUND.sub("", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"\+?\d+", bare, re.ASCII):
        raise PhoneRefused("letters")
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif re.fullmatch(r"861\d{10}", bare):
        bare = "+" + bare
    if bare.startswith("+") and not bare.startswith("+86"):
        raise PhoneRefused("foreign")
    national = bare.removeprefix("+86")
    if settings.DEMO_PHONES and _DEMO.fullmatch(national):
        return f"+86{national}"
    # Carriers are given new ranges faster than tables of them are published: the shape decides.
    if _MOBILE.fullmatch(national):
        return f"+86{national}"
    raise PhoneRefused(_what_is_wrong(national))


def _what_is_wrong(national: str) -> str:
    try:
        number = phonenumbers.parse(national, "CN")
    except phonenumbers.NumberParseException:
        number = None
    kind = phonenumbers.number_type(number) if number else PhoneNumberType.UNKNOWN
    if national.startswith("0") or kind in (
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PREMIUM_RATE,
    ):
        return "landline"
    if len(national) < 11:
        return "too_short"
    return "too_long" if len(national) > 11 else "unknown_range"
