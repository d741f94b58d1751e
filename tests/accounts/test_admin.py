"""People, roles and messages in the admin: who sees what, and what a dialog does."""

import pytest
from django.test import Client

from accounts import actions
from accounts.models import Sms, StaffRole, Unmasking, User
from accounts.queries import roles_of
from accounts.states import Role
from tests.makers import PASSWORD, City, make_city
from tests.signing_in import TOTP_SECRET, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
USERS, ROLES, MESSAGES = (
    "/admin/accounts/user/",
    "/admin/accounts/staffrole/",
    "/admin/accounts/sms/",
)
DIALOG = {"_form_submitted": "1"}


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser("boss", PASSWORD)


@pytest.fixture
def desk(boss) -> Client:
    return signed_in(boss)


def words(answer) -> str:
    return answer.content.decode()


def listed(answer) -> set[int]:
    return {row.pk for row in answer.context["cl"].result_list}


# --- who may -------------------------------------------------------------------------------------
def test_only_superusers_and_supervisors_come_in(city) -> None:
    for person in (city.manager, city.clerk, city.handler, city.committee):
        visitor = signed_in(person)
        for address in (USERS, ROLES, MESSAGES, "/admin/accounts/unmasking/"):
            assert visitor.get(address).status_code == 403, (person, address)
        assert visitor.get(f"{USERS}{city.citizen.pk}/change/").status_code == 403
        assert visitor.post(f"{ROLES}add/", {}).status_code == 403
    visitor = signed_in(city.supervisor)
    assert visitor.get(USERS).status_code == 200
    assert visitor.get(ROLES).status_code == 200
    assert visitor.get(MESSAGES).status_code == 403
    assert visitor.get("/admin/accounts/unmasking/").status_code == 403


def test_rights_and_factors_are_not_edited_by_hand(desk) -> None:
    for address in ("auth/group", "account/emailaddress", "mfa/authenticator"):
        assert desk.get(f"/admin/{address}/").status_code == 404


def test_a_supervisor_sees_the_staff_of_their_district(city) -> None:
    fresh = actions.create_staff(username="fresh", password=PASSWORD, by=None)
    visitor = signed_in(city.supervisor)
    seen = listed(visitor.get(USERS))
    assert {city.manager.pk, city.handler.pk, city.committee.pk, fresh.pk} <= seen
    assert not seen & {city.other_supervisor.pk, city.citizen.pk, city.merchant_owner.pk}
    for hidden in (city.citizen, city.other_supervisor):
        assert visitor.get(f"{USERS}{hidden.pk}/change/").status_code == 404
        assert visitor.get(f"{USERS}{hidden.pk}/reset-second-step/").status_code == 404
    roles = listed(visitor.get(ROLES))
    assert city.manager.roles.get().pk in roles
    assert city.other_supervisor.roles.get().pk not in roles


# --- people --------------------------------------------------------------------------------------
def test_numbers_are_masked_and_found_whole(city, desk) -> None:
    phone = city.citizen.phone
    page = desk.get(f"{USERS}?q={phone[3:]}")
    assert listed(page) == {city.citizen.pk}
    assert f"***{phone[-4:]}" in words(page)
    assert listed(desk.get(f"{USERS}?q={phone[-4:]}")) >= {city.citizen.pk}
    by_name = desk.get(f"{USERS}?q=李女士")
    assert listed(by_name) == {city.citizen.pk}
    assert phone[3:] not in words(by_name)
    assert listed(desk.get(f"{USERS}?q=13800138000")) == set()
    assert phone[3:] not in words(desk.get(f"{USERS}{city.citizen.pk}/change/"))


def test_the_lists_ask_the_database_little(city, desk, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(25):
        assert desk.get(USERS).status_code == 200


def test_showing_a_number_needs_a_reason_and_leaves_a_row(city, desk, boss) -> None:
    address = f"{USERS}{city.citizen.pk}/unmask/"
    phone = city.citizen.phone
    assert phone not in words(desk.get(address))
    assert phone not in words(desk.post(address, DIALOG | {"why": " "}))
    assert Unmasking.objects.count() == 0
    answer = desk.post(address, DIALOG | {"why": "走失老人"})
    assert phone in words(answer)
    assert "no-store" in answer["Cache-Control"]
    row = Unmasking.objects.get()
    assert (row.by, row.of, row.why) == (boss, city.citizen, "走失老人")
    assert "走失老人" in words(desk.get("/admin/accounts/unmasking/"))
    answer = desk.post(f"{USERS}{city.manager.pk}/unmask/", DIALOG | {"why": "x"})
    assert "没有手机号" in words(answer)
    visitor = signed_in(city.supervisor)
    assert visitor.post(f"{USERS}{city.manager.pk}/unmask/", DIALOG).status_code == 403


def test_new_staff_and_their_role(city) -> None:
    visitor = signed_in(city.supervisor)
    assert 'type="password"' in words(visitor.get(f"{USERS}add/"))
    weak = visitor.post(f"{USERS}add/", {"username": "zhang", "password": "short"}, follow=True)
    assert "太容易猜到" in words(weak)
    visitor.post(f"{USERS}add/", {"username": "zhang", "password": PASSWORD})
    person = User.objects.get(username="zhang")
    assert person.check_password(PASSWORD)
    taken = visitor.post(f"{USERS}add/", {"username": "Zhang", "password": PASSWORD}, follow=True)
    assert "已经有人用了" in words(taken)

    new = {"user": person.pk, "role": Role.MANAGER}
    page = visitor.post(f"{ROLES}add/", new)
    assert "请选择是哪一个" in words(page)
    page = visitor.post(f"{ROLES}add/", new | {"market": city.market.pk, "district": "1"})
    assert roles_of(person) == ()
    visitor.post(f"{ROLES}add/", new | {"market": city.market.pk})
    person = User.objects.get(pk=person.pk)
    assert [held.market for held in roles_of(person)] == [city.market]


def test_a_supervisor_cannot_reach_over_their_border(city) -> None:
    visitor = signed_in(city.supervisor)
    stranger = {"user": city.stranger.pk, "role": Role.MANAGER, "market": city.market.pk}
    visitor.post(f"{ROLES}add/", stranger)
    chief = {"user": city.manager.pk, "role": Role.SUPERVISOR, "district": city.district.pk}
    answer = visitor.post(f"{ROLES}add/", chief, follow=True)
    assert "这不归您负责" in words(answer)
    elsewhere = signed_in(city.other_supervisor)
    elsewhere.post(
        f"{ROLES}add/",
        {"user": city.other_supervisor.pk, "role": Role.MANAGER, "market": city.market.pk},
    )
    held = city.manager.roles.get()
    assert elsewhere.post(f"{ROLES}{held.pk}/delete/", {"post": "yes"}).status_code == 404
    own = city.supervisor.roles.get()
    assert visitor.post(f"{ROLES}{own.pk}/delete/", {"post": "yes"}).status_code == 403
    assert StaffRole.objects.count() == 9  # as the city was made


def test_dismissing(city) -> None:
    visitor = signed_in(city.supervisor)
    held = city.manager.roles.get()
    visitor.post(f"{ROLES}{held.pk}/delete/", {"post": "yes"})
    assert not city.manager.roles.exists()
    assert not User.objects.get(pk=city.manager.pk).is_staff
    assert visitor.get(f"{ROLES}{city.handler.roles.get().pk}/change/").status_code == 200


def test_resetting_the_second_step(city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    visitor = signed_in(city.supervisor)
    address = f"{USERS}{city.manager.pk}/reset-second-step/"
    visitor.get(address)
    assert city.manager.authenticator_set.exists()  # a GET changes nothing
    answer = visitor.post(address, DIALOG)
    assert answer["Location"] == f"{USERS}{city.manager.pk}/change/"
    assert not city.manager.authenticator_set.exists()
    page = visitor.post(f"{USERS}{city.supervisor.pk}/reset-second-step/", DIALOG, follow=True)
    assert "这不归您负责" in words(page)


def test_people_are_not_edited_or_deleted_by_hand(city, desk) -> None:
    for row in (f"{USERS}{city.manager.pk}", f"{ROLES}{city.manager.roles.get().pk}"):
        page = desk.get(f"{row}/change/")
        assert page.status_code == 200
        assert 'name="_save"' not in words(page)
        assert desk.post(f"{row}/change/", {"is_staff": "", "role": "clerk"}).status_code == 403
    assert desk.post(f"{USERS}{city.manager.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_password(city) -> None:
    visitor, other = signed_in(city.supervisor), signed_in(city.manager)
    address = f"{USERS}{city.manager.pk}/new-password/"
    page = visitor.post(address, DIALOG | {"password": "short"}, follow=True)
    assert "太容易猜到" in words(page)
    page = visitor.post(address, DIALOG | {"password": "another-market-desk"}, follow=True)
    assert "新密码" in words(page)
    assert User.objects.get(pk=city.manager.pk).check_password("another-market-desk")
    assert "/accounts/" in other.get("/admin/accounts/user/")["Location"]  # signed out
    own = f"{USERS}{city.supervisor.pk}/new-password/"
    page = visitor.post(own, DIALOG | {"password": "another-market-desk"}, follow=True)
    assert "这不归您负责" in words(page)


def test_closing_and_opening_an_account(city, desk, boss) -> None:
    other = signed_in(city.citizen)
    assert other.get("/me/code/").status_code == 200
    address = f"{USERS}{city.citizen.pk}"
    desk.get(f"{address}/close/")
    assert User.objects.get(pk=city.citizen.pk).is_active
    desk.post(f"{address}/close/", DIALOG)
    assert not User.objects.get(pk=city.citizen.pk).is_active
    assert other.get("/me/code/").status_code == 302
    assert desk.post(f"{address}/close/", DIALOG).status_code == 403  # it is closed already
    desk.post(f"{address}/reopen/", DIALOG)
    assert User.objects.get(pk=city.citizen.pk).is_active
    page = desk.post(f"{USERS}{boss.pk}/close/", DIALOG, follow=True)
    assert "这不归您负责" in words(page)
    assert User.objects.get(pk=boss.pk).is_active


# --- messages ------------------------------------------------------------------------------------
def test_stuck_messages_can_be_tried_again(city, desk, bell) -> None:
    stuck, sent, waiting = (
        actions.queue_sms(phone="+8610055500001", kind="notice", body="您的上报已办结")
        for _each in range(3)
    )
    actions.record_sms_failed(sms_id=stuck.pk, error="the provider answered 500", final=True)
    actions.record_sms_sent(sms_id=sent.pk, provider_id="x")
    page = desk.get(MESSAGES)
    assert listed(page) == {stuck.pk}
    assert "***0001" in words(page)
    assert "已办结" not in words(page)
    assert listed(desk.get(f"{MESSAGES}?state=waiting")) == {waiting.pk}
    assert listed(desk.get(f"{MESSAGES}?state=sent")) == {sent.pk}
    assert len(listed(desk.get(f"{MESSAGES}?state=all"))) == 3
    assert desk.get(f"{MESSAGES}{stuck.pk}/change/").status_code == 200

    address = f"{MESSAGES}{stuck.pk}/try-again/"
    desk.get(address)
    assert Sms.objects.get(pk=stuck.pk).stuck_at is not None
    answer = desk.post(address, DIALOG, follow=True)
    assert "一分钟内会重新发送" in words(answer)
    again = Sms.objects.get(pk=stuck.pk)
    assert (again.stuck_at, again.attempts) == (None, 0)
    assert again.due_at is not None
    answer = desk.post(f"{MESSAGES}{sent.pk}/try-again/", DIALOG, follow=True)
    assert "没有需要发送的内容" in words(answer)
    assert signed_in(city.supervisor).post(address, DIALOG).status_code == 403
