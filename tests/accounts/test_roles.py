"""Who is in charge of what, and who may change that."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts import actions, queries
from accounts.errors import StaffRefused
from accounts.models import StaffRole, Unmasking, User
from accounts.states import Role
from tests.makers import PASSWORD, City, make_city
from tests.signing_in import TOTP_SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", PASSWORD)


def again(user: User) -> User:
    """As the next request would see the person."""
    return User.objects.get(pk=user.pk)


def refused(action, **kwargs) -> str:
    with pytest.raises(StaffRefused) as error:
        action(**kwargs)
    return error.value.code


def test_what_each_is_in_charge_of(city) -> None:
    assert queries.markets_of(city.manager) == {city.market.pk}
    assert queries.markets_of(city.clerk) == {city.market.pk}
    assert queries.markets_of(city.handler) == set()
    assert queries.departments_of(city.handler) == {city.department.pk}
    assert queries.districts_of(city.supervisor) == {city.district.pk}
    assert queries.districts_of(city.committee) == set()
    assert queries.roles_of(city.citizen) == ()
    assert queries.roles_of(AnonymousUser()) == ()
    assert queries.markets_of(AnonymousUser()) == set()


def test_has_role(city, boss) -> None:
    has = queries.has_role
    assert has(city.manager, Role.MANAGER)
    assert has(city.manager, Role.MANAGER, market=city.market)
    assert has(city.manager, Role.MANAGER, market=city.market.pk)
    assert not has(city.manager, Role.MANAGER, market=city.other_market)
    assert not has(city.manager, Role.CLERK, market=city.market)
    assert has(city.handler, Role.HANDLER, department=city.department)
    assert not has(city.other_handler, Role.HANDLER, department=city.department)
    assert has(city.supervisor, Role.SUPERVISOR, district=city.district)
    assert has(city.committee, Role.COMMITTEE, district=city.district)
    assert not has(city.citizen, Role.MANAGER)
    assert not has(AnonymousUser(), Role.MANAGER)
    assert has(boss, Role.MANAGER, market=city.other_market)
    assert queries.markets_of(boss) == {city.market.pk, city.other_market.pk}
    assert queries.districts_of(boss) == {city.district.pk, city.other_district.pk}


def test_one_query_for_all_of_it(city, django_assert_num_queries) -> None:
    manager = again(city.manager)
    with django_assert_num_queries(1):
        queries.roles_of(manager)
        queries.markets_of(manager)
        queries.departments_of(manager)
        queries.has_role(manager, Role.MANAGER, market=city.market)
        assert [str(held) for held in queries.roles_of(manager)]


def test_somebody_who_left_is_in_charge_of_nothing(city) -> None:
    User.objects.filter(pk=city.manager.pk).update(is_active=False)
    assert not queries.has_role(again(city.manager), Role.MANAGER)
    assert queries.markets_of(again(city.manager)) == set()


def test_appointing_and_dismissing(city) -> None:
    person = again(city.stranger)
    assert queries.markets_of(person) == set()
    given = {"user": person, "role": Role.MANAGER, "by": city.supervisor, "market": city.market}
    held = actions.appoint(**given)
    assert queries.markets_of(person) == {city.market.pk}  # also where it had been looked at
    assert again(person).is_staff
    assert actions.appoint(**given).pk == held.pk
    actions.dismiss(role_id=held.pk, by=city.supervisor)
    assert not again(person).is_staff
    assert queries.roles_of(again(person)) == ()


def test_who_keeps_another_role_stays_staff(city, boss) -> None:
    actions.appoint(user=city.manager, role=Role.CLERK, by=boss, market=city.market)
    actions.dismiss(role_id=city.manager.roles.get(role=Role.MANAGER).pk, by=boss)
    assert again(city.manager).is_staff


def test_a_supervisor_appoints_in_their_district_only(city) -> None:
    new = {"user": city.stranger, "role": Role.MANAGER, "market": city.market}
    assert refused(actions.appoint, by=city.other_supervisor, **new) == "not_allowed"
    assert refused(actions.appoint, by=city.manager, **new) == "not_allowed"
    assert refused(actions.appoint, by=city.citizen, **new) == "not_allowed"
    held = city.manager.roles.get()
    assert refused(actions.dismiss, by=city.other_supervisor, role_id=held.pk) == "not_allowed"
    assert refused(actions.dismiss, by=city.manager, role_id=held.pk) == "not_allowed"


def test_supervisors_are_named_by_a_superuser(city, boss) -> None:
    new = {"user": city.stranger, "role": Role.SUPERVISOR, "district": city.district}
    assert refused(actions.appoint, by=city.supervisor, **new) == "not_allowed"
    held = city.supervisor.roles.get()
    assert refused(actions.dismiss, by=city.supervisor, role_id=held.pk) == "not_allowed"
    assert actions.appoint(by=boss, **new).role == Role.SUPERVISOR


def test_a_role_has_exactly_its_scope(city, boss) -> None:
    new = {"user": city.stranger, "by": boss}
    assert refused(actions.appoint, role=Role.MANAGER, **new) == "wrong_scope"
    assert (
        refused(actions.appoint, role=Role.MANAGER, district=city.district, **new) == "wrong_scope"
    )
    both = {"market": city.market, "district": city.district}
    assert refused(actions.appoint, role=Role.MANAGER, **both, **new) == "wrong_scope"
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffRole.objects.create(user=city.stranger, role=Role.MANAGER, district=city.district)


def test_new_staff(city) -> None:
    new = {"username": "zhang", "password": PASSWORD}
    person = actions.create_staff(**new, by=city.supervisor)
    assert person.is_staff
    assert person.check_password(PASSWORD)
    assert queries.roles_of(person) == ()
    assert (
        refused(actions.create_staff, username="ZHANG", password=PASSWORD, by=city.supervisor)
        == "username_taken"
    )
    assert (
        refused(actions.create_staff, username="li", password="12345678", by=city.supervisor)
        == "weak_password"
    )
    assert (
        refused(actions.create_staff, username="li", password=PASSWORD, by=city.manager)
        == "not_allowed"
    )


def test_resetting_the_second_step(city, boss) -> None:
    def has_totp(user):
        return Authenticator.objects.filter(user=user).exists()

    for person in (city.manager, city.supervisor, boss):
        actions.set_totp_secret(user=person, secret=TOTP_SECRET)
    assert refused(actions.reset_totp, user=city.manager, by=city.other_supervisor) == "not_allowed"
    assert refused(actions.reset_totp, user=city.supervisor, by=city.supervisor) == "not_allowed"
    assert refused(actions.reset_totp, user=boss, by=city.supervisor) == "not_allowed"
    assert refused(actions.reset_totp, user=city.citizen, by=city.supervisor) == "not_allowed"
    actions.reset_totp(user=city.manager, by=city.supervisor)
    assert not has_totp(city.manager)
    assert has_totp(city.supervisor)
    actions.reset_totp(user=city.supervisor, by=boss)
    assert not has_totp(city.supervisor)


def test_a_totp_secret_can_be_given_again_but_not_nonsense(city) -> None:
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    actions.set_totp_secret(user=city.manager, secret=TOTP_SECRET)
    assert Authenticator.objects.filter(user=city.manager).count() == 1
    assert refused(actions.set_totp_secret, user=city.manager, secret="18!") == "bad_secret"


def test_unmasking_is_written_down(city, boss) -> None:
    number = actions.unmask_phone(user=city.citizen, by=boss, why=" 走失老人 ")
    assert number == city.citizen.phone
    row = Unmasking.objects.get()
    assert (row.by, row.of, row.why) == (boss, city.citizen, "走失老人")
    asked = {"user": city.citizen, "why": "x"}
    assert refused(actions.unmask_phone, by=city.supervisor, **asked) == "not_allowed"
    assert refused(actions.unmask_phone, user=city.citizen, by=boss, why=" ") == "no_reason"
    assert refused(actions.unmask_phone, user=city.manager, by=boss, why="x") == "no_number"
    assert Unmasking.objects.count() == 1


def test_the_first_supervisor_from_the_command_line(city, capsys, monkeypatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", PASSWORD)
    call_command("appoint_supervisor", "first", district="wuhou")
    assert queries.districts_of(User.objects.get(username="first")) == {city.district.pk}
    assert "武侯区" in capsys.readouterr().out
    call_command("appoint_supervisor", "top")
    top = User.objects.get(username="top")
    assert top.is_superuser
    assert top.check_password(PASSWORD)
    with pytest.raises(CommandError, match="没有代码"):
        call_command("appoint_supervisor", "x", district="nowhere")
    monkeypatch.setenv("STAFF_PASSWORD", "short")
    with pytest.raises(CommandError, match="太容易猜到"):
        call_command("appoint_supervisor", "x")
    monkeypatch.delenv("STAFF_PASSWORD")
    answers = iter([PASSWORD, "other"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="不一样"):
        call_command("appoint_supervisor", "x")
    assert not User.objects.filter(username="x").exists()
