"""Everybody's way in: a number, a code, and where they were going."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.crypto import decrypt
from accounts.models import Sms, User
from accounts.queries import user_by_phone
from tests.makers import make_resident
from tests.signing_in import code_sent_to

pytestmark = pytest.mark.django_db

NEW = "+8610055500001"
LOGIN = "/accounts/login/"
CODE = "/accounts/login/code/"


def ask(client, number="100 5550 0001", onward=""):
    data = {"phone": number} | ({"next": onward} if onward else {})
    return client.post(LOGIN, data)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def words(answer) -> str:
    return answer.content.decode()


def test_an_unknown_number_registers_by_signing_in(client, bell) -> None:
    answer = ask(client, onward="/me/code/")
    assert answer["Location"] == f"{CODE}?next=%2Fme%2Fcode%2F"
    assert bell == []  # nothing is rung for before the transaction has committed
    person = user_by_phone(NEW)
    assert person is not None
    assert person.phone_verified_at is None
    assert person.phone == NEW
    assert person.masked_phone == "***0001"

    page = client.get(answer["Location"])
    assert "尾号" in words(page)
    assert ">0001<" in words(page)
    assert 'inputmode="numeric"' in words(page)
    assert 'autocomplete="one-time-code"' in words(page)

    answer = client.post(CODE, {"code": code_sent_to(NEW), "next": "/me/code/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/me/code/"
    person.refresh_from_db()
    assert person.phone_verified_at is not None
    assert client.session["_auth_user_id"] == str(person.pk)
    assert User.objects.count() == 1


def test_a_known_number_is_the_same_person(client) -> None:
    person = make_resident(phone=NEW)
    ask(client)
    answer = client.post(CODE, {"code": code_sent_to(NEW)})
    assert answer["Location"] == reverse("pages:me")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert User.objects.count() == 1


def test_the_code_may_be_typed_with_spaces_and_full_width(client) -> None:
    ask(client)
    code = code_sent_to(NEW)
    typed = "".join(chr(ord(digit) + 0xFEE0) for digit in code[:3]) + " " + code[3:]
    assert client.post(CODE, {"code": typed})["Location"] == reverse("pages:me")


def test_the_number_never_stands_in_the_session_in_clear(client) -> None:
    ask(client)
    assert NEW[3:] not in str(dict(client.session))
    client.post(CODE, {"code": code_sent_to(NEW)})
    assert NEW[3:] not in str(dict(client.session))


def test_what_was_in_the_session_before_is_there_after(client) -> None:
    session = client.session
    session["report_draft"] = "9f1c"
    session.save()
    before = client.session.session_key
    ask(client)
    client.post(CODE, {"code": "000000" if code_sent_to(NEW) != "000000" else "000001"})
    client.post(CODE, {"code": code_sent_to(NEW)})
    assert "_auth_user_id" in client.session
    assert client.session["report_draft"] == "9f1c"
    assert client.session.session_key != before  # no session fixation


def test_three_wrong_codes_end_it_and_lose_nothing(client) -> None:
    session = client.session
    session["report_draft"] = "9f1c"
    session.save()
    ask(client, onward="/report/")
    right = code_sent_to(NEW)
    answer = client.post(CODE, {"code": wrong(right), "next": "/report/"})
    assert "还可以再试 2 次" in words(answer)
    assert 'name="next" value="/report/"' in words(answer)
    answer = client.post(CODE, {"code": wrong(right), "next": "/report/"})
    assert "还可以再试 1 次" in words(answer)
    answer = client.post(CODE, {"code": wrong(right), "next": "/report/"})
    assert answer["Location"] == f"{LOGIN}?next=%2Freport%2F"
    page = client.get(answer["Location"])
    assert "验证码错了三次" in words(page)
    assert 'name="next" value="/report/"' in words(page)

    assert client.post(CODE, {"code": right}).status_code == 302  # the code died with the third
    assert "_auth_user_id" not in client.session
    assert client.session["report_draft"] == "9f1c"

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        ask(client, onward="/report/")
        answer = client.post(CODE, {"code": code_sent_to(NEW), "next": "/report/"})
    assert answer["Location"] == "/report/"
    assert client.session["report_draft"] == "9f1c"


def test_an_empty_field_is_no_try(client) -> None:
    ask(client)
    for _each in range(4):
        answer = client.post(CODE, {"code": " "})
        assert "请输入短信里的 6 位数字" in words(answer)
    assert client.post(CODE, {"code": code_sent_to(NEW)})["Location"] == reverse("pages:me")


def test_an_expired_code_says_so_and_keeps_the_way(client) -> None:
    ask(client, onward="/report/")
    code = code_sent_to(NEW)
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        answer = client.post(CODE, {"code": code, "next": "/report/"})
        assert answer["Location"] == f"{LOGIN}?next=%2Freport%2F"
        assert "验证码已经失效" in words(client.get(answer["Location"]))
    assert "_auth_user_id" not in client.session


def test_the_code_page_without_a_code_leads_to_the_beginning(client) -> None:
    assert client.get(f"{CODE}?next=/report/")["Location"] == f"{LOGIN}?next=%2Freport%2F"
    assert client.post(CODE, {"code": "123456"})["Location"] == LOGIN


def test_a_foreign_next_is_not_followed(client) -> None:
    ask(client, onward="https://evil.example/")
    answer = client.post(CODE, {"code": code_sent_to(NEW), "next": "https://evil.example/"})
    assert answer["Location"] == reverse("pages:me")


def test_who_is_signed_in_is_led_on(client) -> None:
    client.force_login(make_resident())
    assert client.get(f"{LOGIN}?next=/report/")["Location"] == "/report/"
    assert client.get(CODE).status_code == 302
    assert client.get("/accounts/staff/").status_code == 302


def test_going_back_and_asking_again_finds_the_code_still_good(client) -> None:
    ask(client)
    assert client.get(LOGIN).status_code == 200  # not pushed back to the code page
    answer = ask(client, onward="/report/")
    assert answer["Location"] == f"{CODE}?next=%2Freport%2F"
    assert Sms.objects.count() == 1
    client.post(CODE, {"code": code_sent_to(NEW)})
    assert "_auth_user_id" in client.session


def test_a_mistyped_number_can_be_changed_at_once(client) -> None:
    ask(client, "10055500002")
    assert ask(client).status_code == 302
    client.post(CODE, {"code": code_sent_to(NEW)})
    assert client.session["_auth_user_id"] == str(user_by_phone(NEW).pk)


def test_resending(client) -> None:
    ask(client, onward="/report/")
    first = code_sent_to(NEW)
    answer = client.post(CODE, {"action": "resend", "next": "/report/"}, follow=True)
    assert "秒后再试" in words(answer)
    assert Sms.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=200), tick=False):
        answer = client.post(CODE, {"action": "resend", "next": "/report/"})
        assert answer["Location"] == f"{CODE}?next=%2Freport%2F"
        assert "新的验证码已经发出" in words(client.get(answer["Location"]))
    second = code_sent_to(NEW)
    assert Sms.objects.count() == 2
    # The new code has its own five minutes, and the old one is void.
    with time_machine.travel(timezone.now() + timedelta(seconds=450), tick=False):
        if first != second:
            assert "验证码不对" in words(client.post(CODE, {"code": first}))
        answer = client.post(CODE, {"code": second, "next": "/report/"})
    assert answer["Location"] == "/report/"


def test_a_refused_resend_leaves_the_old_code_good(client) -> None:
    ask(client)
    code = code_sent_to(NEW)
    client.post(CODE, {"action": "resend"})
    client.get(CODE)
    assert client.post(CODE, {"code": code})["Location"] == reverse("pages:me")


def test_refusals_are_shown_beside_the_number(client) -> None:
    for typed, sentence in [
        ("", "请填写手机号"),
        ("028 8600 1234", "座机"),
        ("138 0013", "太短"),
        ("张三", "只能是数字"),
        ("+1 415 555 2671", "中国大陆手机号"),
    ]:
        answer = ask(client, typed, onward="/report/")
        assert answer.status_code == 200
        assert sentence in words(answer)
        assert 'name="next" value="/report/"' in words(answer)
    assert Sms.objects.count() == User.objects.count() == 0


def test_nobody_is_registered_when_no_code_could_be_sent(client, settings) -> None:
    settings.SMS_DAILY_BUDGET = 0
    answer = ask(client)
    assert "今天的短信已经发完了" in words(answer)
    assert User.objects.count() == 0


def test_too_soon_in_another_browser_says_when(client) -> None:
    ask(client)
    answer = ask(Client())
    assert answer.status_code == 200
    assert "刚刚已经发过验证码" in words(answer)


def test_a_closed_account_gets_a_sentence(client) -> None:
    make_resident(phone=NEW)
    User.objects.update(is_active=False)
    ask(client)
    answer = client.post(CODE, {"code": code_sent_to(NEW)}, follow=True)
    assert "这个账号已经停用" in words(answer)
    assert "_auth_user_id" not in client.session


def test_the_words_of_the_message(client) -> None:
    ask(client)
    sms = Sms.objects.get()
    assert decrypt(sms.to_cipher) == NEW
    code = code_sent_to(NEW)
    assert decrypt(sms.body_cipher) == f"验证码 {code}，5 分钟内有效，请不要告诉任何人。"
    assert code not in str(sms.body_cipher)


def test_english(client) -> None:
    client.cookies["django_language"] = "en"
    assert "Sign in with your phone" in words(client.get(LOGIN))


def test_signing_out(client) -> None:
    client.force_login(make_resident())
    assert "要退出登录吗" in words(client.get("/accounts/logout/"))
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session
    assert client.get("/accounts/logout/").status_code == 302


def test_pages_of_a_sign_in_are_kept_by_no_cache(client) -> None:
    ask(client)
    for address in (LOGIN, CODE):
        assert "no-store" in client.get(address)["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/",
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/password/reset/",
        "/accounts/password/change/",
        "/accounts/phone/change/",
        "/accounts/confirm-email/x/",
    ],
)
def test_what_is_not_used_does_not_exist(client, address) -> None:
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
