"""Numbers as people write them."""

import pytest

from accounts.errors import PhoneRefused
from accounts.phones import parse_phone


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        " 138-0013-8000 ",
        "+86 13800138000",
        "+8613800138000",
        "008613800138000",
        "8613800138000",
        "１３８００１３８０００",
        "＋８６ 138 0013 8000",
        "(+86) 138.0013.8000",
        "\u202a138\u00a00013\u30008000\u202c",  # as copied from an address book
    ],
)
def test_is_understood(written: str) -> None:
    assert parse_phone(written) == "+8613800138000"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("abc", "letters"),
        ("138001380OO", "letters"),
        ("一三八", "letters"),
        ("138००१३८०००", "letters"),  # digits, but of another script
        ("13800138000 转 8", "letters"),
        ("++8613800138000", "letters"),
        ("", "letters"),
        ("1380013800", "too_short"),
        ("138", "too_short"),
        ("138001380001", "too_long"),
        ("+86 138001380001", "too_long"),
        ("028-86001234", "landline"),
        ("010 6553 2000", "landline"),
        ("+86 28 8600 1234", "landline"),
        ("400 800 1234", "landline"),
        ("+1 415 555 2671", "foreign"),
        ("0044 20 7946 0018", "foreign"),
        ("+852 9123 4567", "foreign"),
        ("12000138000", "unknown_range"),
        ("23800138000", "unknown_range"),
    ],
)
def test_is_refused_with_its_reason(written: str, code: str) -> None:
    with pytest.raises(PhoneRefused) as refused:
        parse_phone(written)
    assert refused.value.code == code


def test_new_ranges_need_no_new_table() -> None:
    assert parse_phone("16700000000") == "+8616700000000"


def test_demo_numbers_only_where_they_are_allowed(settings) -> None:
    assert parse_phone("100 0000 0001") == "+8610000000001"
    settings.DEMO_PHONES = False
    with pytest.raises(PhoneRefused) as refused:
        parse_phone("10000000001")
    assert refused.value.code == "unknown_range"
