"""Staff: user name, password, and always a second factor."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import actions
from accounts.access import has_strong_session, staff_required
from accounts.models import StaffRole, User
from accounts.states import Role
from tests.makers import PASSWORD, City, make_city, make_resident
from tests.signing_in import TOTP_SECRET, code_sent_to, sign_in, signed_in, totp_now

pytestmark = pytest.mark.django_db
STAFF = "/accounts/staff/"
CODE = "/accounts/staff/code/"
SET_UP = "/accounts/2fa/set-up/"
AGAIN = "/accounts/again/code/"


@pytest.fixture
def city() -> City:
    return make_city()


def words(answer) -> str:
    return answer.content.decode()


def enter(client, username="manager", password=PASSWORD, onward="/admin/"):
    return client.post(STAFF, {"login": username, "password": password, "next": onward})


def test_password_and_totp(client, city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    answer = client.get("/admin/")
    assert answer["Location"] == f"{STAFF}?next=%2Fadmin%2F"
    page = client.get(answer["Location"])
    assert 'name="next" value="/admin/"' in words(page)
    assert "居民请用手机号登录" in words(page)
    answer = enter(client)
    assert answer["Location"] == CODE
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/").status_code == 302  # a password alone opens nothing
    assert "第二步验证" in words(client.get(CODE))
    answer = client.post(CODE, {"code": totp_now()})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert client.session.get_expiry_age() <= 12 * 3600


def test_capitals_in_the_user_name_do_not_matter(client, city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    assert enter(client, username=" Manager ")["Location"] == CODE


def test_a_wrong_password(client, city) -> None:
    answer = enter(client, password="wrong")
    assert answer.status_code == 200
    assert "用户名或密码不对" in words(answer)
    assert 'name="next" value="/admin/"' in words(answer)
    assert "wrong" not in words(answer)
    assert "用户名或密码不对" in words(enter(client, username="nobody"))
    assert "请填写密码" in words(enter(client, password=""))


def test_a_residents_number_is_no_user_name(client, city) -> None:
    assert "用户名或密码不对" in words(enter(client, username=str(city.citizen.phone)))


def test_guessing_passwords_is_stopped_for_that_account_only(client, city) -> None:
    cache.clear()
    for _each in range(5):
        assert "用户名或密码不对" in words(enter(client, password="wrong"))
    assert "请等 5 分钟再试" in words(enter(client))  # even the right one, now
    assert "请等 5 分钟再试" in words(enter(Client(headers={"host": "other.example"})))
    assert enter(client, username="other-manager")["Location"] == "/admin/"
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        assert enter(Client())["Location"] == "/admin/"


def test_a_crowd_of_other_counts_does_not_wash_this_one_away(client, city) -> None:
    cache.clear()
    for _each in range(5):
        enter(client, password="wrong")
    for other in range(400):  # what guessing at 400 other names leaves behind
        cache.set(f"other:{other}", 1, timeout=300)
    assert "请等 5 分钟再试" in words(enter(client))


def test_guessing_codes_is_stopped(client, city) -> None:
    cache.clear()
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    enter(client)
    wrong = f"{(int(totp_now(step=500)) + 7) % 1_000_000:06d}"
    for _each in range(5):
        assert "验证码不对" in words(client.post(CODE, {"code": wrong}))
    assert "请等 5 分钟再试" in words(client.post(CODE, {"code": totp_now()}))


def test_a_code_works_once_and_half_a_minute_late(client, city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    enter(client)
    code = totp_now(step=-1)
    assert client.post(CODE, {"code": f" {code[:3]} {code[3:]}"})["Location"] == "/admin/"
    other = Client()
    enter(other)
    assert "验证码不对" in words(other.post(CODE, {"code": code}))
    assert "_auth_user_id" not in other.session


def test_the_second_step_without_the_first(client) -> None:
    assert client.get(CODE)["Location"] == "/accounts/login/"
    assert client.post(CODE, {"code": "123456"})["Location"] == "/accounts/login/"


def test_a_session_without_a_second_factor_is_led_to_set_it_up(client, city) -> None:
    answer = enter(client, onward="/orders/?mine=1")
    assert answer["Location"] == "/orders/?mine=1"
    answer = client.get(answer["Location"])
    assert answer["Location"] == SET_UP
    page = client.get(SET_UP)
    secret = client.session["mfa.totp.secret"]
    assert secret in words(page).replace(" ", "")
    assert "data:image/svg+xml;base64," in words(page)
    wrong = f"{(int(totp_now(secret)) + 7) % 1_000_000:06d}"
    page = client.post(SET_UP, {"code": wrong})
    assert "验证码不对" in words(page)
    assert secret in words(page).replace(" ", "")  # the key that was scanned stays good
    answer = client.post(SET_UP, {"code": totp_now(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    page = client.get(answer["Location"])
    assert 'href="/orders/?mine=1"' in words(page)
    assert page.context["unused_codes"]
    stored = Authenticator.objects.get(user=city.manager, type="totp").data["secret"]
    assert secret not in stored
    assert client.get("/admin/").status_code == 200  # the first code was a second factor


def test_recovery_codes(client, city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    enter(client)
    client.post(CODE, {"code": totp_now()})
    assert "还没有设置" not in words(client.get("/accounts/2fa/"))
    new = "/accounts/2fa/recovery-codes/new/"
    assert "要生成新的恢复码吗" in words(client.get(new))
    assert client.post(new)["Location"] == "/accounts/2fa/recovery-codes/"
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    file = client.get("/accounts/2fa/recovery-codes/download/")
    assert file["Content-Type"].startswith("text/plain")
    assert codes[0] in words(file)
    assert "现在这些恢复码会全部作废" in words(client.get(new))

    other = Client()
    enter(other)
    assert other.post(CODE, {"code": codes[3]})["Location"] == "/admin/"
    third = Client()
    enter(third)
    assert "验证码不对" in words(third.post(CODE, {"code": codes[3]}))


def test_a_phone_session_of_staff_is_asked_for_the_code(client, city) -> None:
    actions.set_phone(user=city.manager, phone="+8610055500009", verified=True)
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    client.post("/accounts/login/", {"phone": "10055500009"})
    answer = client.post("/accounts/login/code/", {"code": code_sent_to("+8610055500009")})
    assert answer["Location"] == CODE  # the phone is one factor, the app the other
    client.post(CODE, {"code": totp_now()})
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_second_factor_is_asked_for_it(client, city) -> None:
    sign_in(client, city.manager, strong=False)
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    answer = client.get("/admin/")
    assert answer["Location"] == f"{AGAIN}?next=%2Fadmin%2F"
    assert "再验证一步" in words(client.get(answer["Location"]))
    answer = client.post(AGAIN, {"code": totp_now(), "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_password_is_asked_again_before_codes_are_shown(client, city) -> None:
    client.force_login(city.manager)  # a session without any record of how it began
    assert client.get(SET_UP)["Location"].startswith("/accounts/again/?next=")
    assert "请再输入一次密码" in words(client.get("/accounts/again/"))
    assert "密码不对" in words(client.post("/accounts/again/", {"password": "wrong"}))
    answer = client.post("/accounts/again/", {"password": PASSWORD, "next": SET_UP})
    assert answer["Location"] == SET_UP
    assert client.get(SET_UP).status_code == 200


def test_the_second_factor_cannot_be_taken_off(city) -> None:
    client = signed_in(city.manager)
    assert client.get("/accounts/2fa/remove/")["Location"] == "/accounts/2fa/"
    assert client.post("/accounts/2fa/remove/")["Location"] == "/accounts/2fa/"
    assert Authenticator.objects.filter(user=city.manager, type="totp").exists()
    assert client.get(SET_UP).status_code == 302


def test_pages_of_the_second_factor_are_for_those_signed_in(client, city) -> None:
    for address in (SET_UP, "/accounts/2fa/", "/accounts/2fa/remove/", AGAIN, "/accounts/again/"):
        assert client.get(address).status_code == 302
        assert "/accounts/login/" in client.get(address)["Location"]
    assert "还没有设置" in words(signed_in(city.manager, strong=False).get("/accounts/2fa/"))


@pytest.mark.parametrize("address", ["/admin/", "/admin/accounts/user/", "/orders/", "/orders/1/"])
def test_every_staff_door_asks_for_the_second_factor(city, address) -> None:
    assert Client().get(address)["Location"].startswith(STAFF)
    assert Client().post(address)["Location"].startswith(STAFF)
    for person in (city.manager, city.handler, city.supervisor, city.clerk, city.committee):
        weak = signed_in(person, strong=False)
        assert weak.get(address)["Location"] == SET_UP
        assert weak.post(address)["Location"] == SET_UP


def test_who_holds_a_role_without_being_staff_is_asked_too(city) -> None:
    StaffRole.objects.create(user=city.citizen, role=Role.HANDLER, department=city.department)
    assert signed_in(city.citizen, strong=False).get("/orders/")["Location"] == SET_UP


def test_the_second_step_counts_for_one_working_day(city) -> None:
    """Also in a session that began as a resident's, which lasts a month."""
    client = signed_in(city.manager)
    client.session.set_expiry(30 * 24 * 3600)
    with time_machine.travel(timezone.now() + timedelta(hours=11, minutes=59), tick=False):
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=12, minutes=1), tick=False):
        assert client.get("/admin/")["Location"] == f"{AGAIN}?next=%2Fadmin%2F"


def test_open_sessions_end_with_the_second_step(city) -> None:
    """Whoever found the phone must not be the one who sets it up anew."""
    found = signed_in(city.manager)
    other = signed_in(city.clerk)
    actions.reset_totp(user=city.manager, by=city.supervisor)
    assert found.get("/admin/")["Location"] == f"{STAFF}?next=%2Fadmin%2F"
    assert "_auth_user_id" not in found.session
    assert other.get("/admin/").status_code == 200


def test_a_session_of_a_closed_account_does_not_come_back(city) -> None:
    old = signed_in(city.manager)
    actions.set_active(user=city.manager, active=False, by=city.supervisor)
    actions.set_active(user=city.manager, active=True, by=city.supervisor)
    assert old.get("/admin/")["Location"] == f"{STAFF}?next=%2Fadmin%2F"
    assert enter(Client())["Location"] == CODE


def test_the_superuser_is_asked_too() -> None:
    boss = User.objects.create_superuser("boss", PASSWORD)
    assert signed_in(boss, strong=False).get("/admin/")["Location"] == SET_UP
    assert signed_in(boss).get("/admin/").status_code == 200


def test_a_resident_at_the_staff_door(city) -> None:
    client = signed_in(city.citizen)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403


def test_half_signed_in_staff_can_sign_out(city) -> None:
    client = signed_in(city.manager, strong=False)
    assert client.post("/admin/logout/").status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_admins_own_sign_in_address_leads_to_ours(client, city) -> None:
    answer = client.get("/admin/login/?next=/admin/accounts/user/")
    assert answer["Location"] == f"{STAFF}?next=%2Fadmin%2Faccounts%2Fuser%2F"
    answer = client.get("/admin/login/?next=//evil.example/")
    assert "evil" not in enter(client, onward="//evil.example/")["Location"]


# --- helpers for other rooms ---------------------------------------------------------------------
def _door(request, user, session):
    request.user, request.session = user, session
    return request


def test_staff_required(city, rf: RequestFactory) -> None:
    @staff_required(Role.MANAGER, Role.CLERK)
    def view(request):
        return HttpResponse("in")

    from django.contrib.auth.models import AnonymousUser
    from django.core.exceptions import PermissionDenied

    strong = signed_in(city.manager).session
    assert view(_door(rf.get("/x/"), city.manager, strong)).content == b"in"
    assert view(_door(rf.get("/x/?a=1"), AnonymousUser(), {}))["Location"] == (
        f"{STAFF}?next=%2Fx%2F%3Fa%3D1"
    )
    weak = signed_in(city.clerk, strong=False).session
    assert view(_door(rf.get("/x/"), city.clerk, weak))["Location"] == SET_UP
    with pytest.raises(PermissionDenied):
        view(_door(rf.get("/x/"), city.handler, signed_in(city.handler).session))
    with pytest.raises(PermissionDenied):
        view(_door(rf.get("/x/"), city.citizen, signed_in(city.citizen).session))

    anyone = staff_required()(lambda request: HttpResponse("in"))
    assert anyone(_door(rf.get("/x/"), city.manager, strong)).content == b"in"
    with pytest.raises(PermissionDenied):
        anyone(_door(rf.get("/x/"), city.citizen, signed_in(city.citizen).session))


def test_has_strong_session_is_of_this_person(city, rf) -> None:
    session = signed_in(city.manager).session
    assert has_strong_session(_door(rf.get("/"), city.manager, session))
    assert not has_strong_session(_door(rf.get("/"), city.clerk, session))
    assert not has_strong_session(_door(rf.get("/"), make_resident(), {}))
