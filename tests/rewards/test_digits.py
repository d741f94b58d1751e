"""Eight digits: what is a code, what is a typing error, and what people put in the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.digits import check_digit, is_well_typed, new_digits, read_typed, token_in

seven = st.text("0123456789", min_size=7, max_size=7)


@given(seven, st.integers(0, 7), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(first: str, place: int, off: int) -> None:
    digits = first + check_digit(first)
    other = str((int(digits[place]) + off) % 10)

    assert is_well_typed(digits)
    assert not is_well_typed(digits[:place] + other + digits[place + 1 :])


def test_the_check_digit_is_that_of_iso_7064() -> None:
    assert check_digit("0794") == "5"  # the standard's own example for MOD 11,10


def test_new_digits_are_well_typed() -> None:
    made = {new_digits() for _each in range(200)}

    assert len(made) > 190
    assert all(is_well_typed(digits) for digits in made)


@pytest.mark.parametrize(
    "typed",
    [
        "12345675",
        " 1234 5675 ",
        "1234-5675",
        "1234—5675",
        "１２３４５６７５",  # full-width, as a Chinese keyboard types
        "1234　5675",
        "12.34.56.75",
    ],
)
def test_however_it_is_typed_it_is_the_same(typed: str) -> None:
    assert read_typed(typed) == "12345675"


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "abcdefgh", "²²²²²²²²"])
def test_what_is_not_eight_digits(typed: str) -> None:
    assert not is_well_typed(read_typed(typed))


def test_the_token_of_a_scanned_address() -> None:
    token = "Abc_defghijklmnop-1234"

    assert token_in(f"https://market.example/verify/{token}/") == token
    assert token_in(f"  http://127.0.0.1:8000/verify/{token}/?x=1") == token
    assert token_in("https://market.example/verify/short/") == ""
    assert token_in("12345675") == ""
