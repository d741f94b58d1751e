"""`/me/code/`: eight digits, two minutes, one use."""

from datetime import timedelta

import pytest
import time_machine
import zxingcpp
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.actions import member_codes
from accounts.errors import MemberCodeRefused
from accounts.models import MemberCode, User
from tests.makers import make_resident

pytestmark = pytest.mark.django_db
ADDRESS = "/me/code/"


@pytest.fixture
def person() -> User:
    return make_resident()


@pytest.fixture
def phone(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def later(seconds: float):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


def refusal(digits: str) -> str:
    with pytest.raises(MemberCodeRefused) as refused:
        actions.redeem_member_code(digits=digits)
    return refused.value.code


def shown(answer) -> str:
    return answer.context["digits"]


def test_the_page(phone, person) -> None:
    answer = phone.get(ADDRESS)
    code = MemberCode.objects.get()
    page = answer.content.decode()
    assert code.user == person
    assert f"<span>{code.digits[:4]}</span><span>{code.digits[4:]}</span>" in page
    assert "no-store" in answer["Cache-Control"]
    assert "秒内有效" in page
    assert "换一个" in page
    assert code.digits != code.digits[:4]


def test_the_qr_code_is_the_kiosks_address(settings) -> None:
    from PIL import Image, ImageDraw

    from accounts.qr import qr_svg

    settings.PUBLIC_ORIGIN = "https://market.example"
    address = f"{settings.PUBLIC_ORIGIN}/kiosk/?code=12345678"
    svg = qr_svg(address)
    assert "viewBox" in svg
    # Drawn again from the same library's matrix: the picture that a scanner sees.
    import segno

    matrix = list(segno.make(address, error="m", micro=False).matrix_iter(scale=6, border=4))
    image = Image.new("L", (len(matrix[0]), len(matrix)), 255)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                draw.point((x, y), 0)
    assert zxingcpp.read_barcodes(image)[0].text == address


def test_anonymous_is_led_to_sign_in_and_back() -> None:
    answer = Client().get(ADDRESS)
    assert answer["Location"] == "/accounts/login/?next=/me/code/"
    assert Client().post(ADDRESS).status_code == 302
    assert MemberCode.objects.count() == 0


def test_looking_again_ends_nothing(phone) -> None:
    first = shown(phone.get(ADDRESS))
    assert shown(phone.get(f"{ADDRESS}?part=1")) == first
    assert MemberCode.objects.count() == 1


def test_the_part_is_the_code_alone(phone) -> None:
    page = phone.get(f"{ADDRESS}?part=1").content.decode()
    assert page.strip().startswith("<div")
    assert "<html" not in page


def test_a_new_one_comes_before_the_old_one_ends(phone) -> None:
    first = shown(phone.get(ADDRESS))
    with later(105):
        second = shown(phone.get(ADDRESS))
        assert second != first
        assert refusal(first) == "expired"
        assert actions.redeem_member_code(digits=second)


def test_another_by_button(phone) -> None:
    first = shown(phone.get(ADDRESS))
    answer = phone.post(ADDRESS)
    assert answer["Location"] == ADDRESS
    second = shown(phone.get(ADDRESS))
    assert second != first
    assert refusal(first) == "expired"


def test_only_get_and_post(phone) -> None:
    assert phone.put(ADDRESS).status_code == 405


def test_a_code_works_once(person) -> None:
    code = actions.issue_member_code(user=person)
    typed = f" {code.digits[:4]} {code.digits[4:]}"
    assert actions.redeem_member_code(digits=typed) == person
    assert refusal(code.digits) == "used"


def test_full_width_digits(person) -> None:
    code = actions.issue_member_code(user=person)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code.digits)
    assert actions.redeem_member_code(digits=wide) == person


def test_a_used_code_is_replaced_on_the_page(phone, person) -> None:
    first = shown(phone.get(ADDRESS))
    actions.redeem_member_code(digits=first)
    assert shown(phone.get(ADDRESS)) != first


def test_refusals(person) -> None:
    code = actions.issue_member_code(user=person)
    assert refusal("") == "unknown"
    assert refusal("abc") == "unknown"
    assert refusal(f"{(int(code.digits) + 1) % 10**8:08d}") == "unknown"
    with later(121):
        assert refusal(code.digits) == "expired"
    User.objects.update(is_active=False)
    assert refusal(code.digits) == "unknown"


def test_a_clash_is_tried_again(person, monkeypatch) -> None:
    taken = actions.issue_member_code(user=make_resident())
    drawn = iter([int(taken.digits), int(taken.digits), 42])
    monkeypatch.setattr(member_codes.secrets, "randbelow", lambda limit: next(drawn))
    assert actions.issue_member_code(user=person).digits == "00000042"
