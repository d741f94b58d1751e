"""Two at once at the doors of signing in. Each test has a control without the lock."""

import pytest

from accounts import actions
from accounts.actions import member_codes, people
from accounts.actions import sms as sms_actions
from accounts.errors import MemberCodeRefused, SmsRefused
from accounts.models import MemberCode, Sms, User
from tests.makers import make_resident
from tests.points.threads import Gate, all_at_once, while_first_waits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
PHONE = "+8610055500001"


@pytest.fixture
def gate() -> Gate:
    return Gate()


def queue():
    return actions.queue_sms(phone=PHONE, kind=Sms.Kind.CODE, body="验证码 123456")


# --- two codes for one number --------------------------------------------------------------------
def test_the_second_request_waits_for_the_first_and_is_refused(gate, monkeypatch) -> None:
    judged = gate.after(sms_actions._judge_number)
    monkeypatch.setattr(sms_actions, "_judge_number", judged)
    first, second, waited = while_first_waits(gate, queue, queue)
    assert isinstance(first, Sms)
    assert isinstance(second, SmsRefused)
    assert second.code == "too_soon"
    assert waited
    assert Sms.objects.count() == 1


def test_control_without_the_lock_two_messages_go_out(gate, monkeypatch) -> None:
    monkeypatch.setattr(sms_actions, "_lock_number", lambda phone_hash: None)
    judged = gate.after(sms_actions._judge_number)
    monkeypatch.setattr(sms_actions, "_judge_number", judged)
    first, second, waited = while_first_waits(gate, queue, queue)
    assert isinstance(first, Sms)
    assert isinstance(second, Sms)
    assert not waited
    assert Sms.objects.count() == 2


def test_other_numbers_do_not_wait(gate, monkeypatch) -> None:
    judged = gate.after(sms_actions._judge_number)
    monkeypatch.setattr(sms_actions, "_judge_number", judged)

    def other():
        return actions.queue_sms(phone="+8610055500002", kind=Sms.Kind.CODE, body="x")

    _first, second, waited = while_first_waits(gate, queue, other)
    assert isinstance(second, Sms)
    assert not waited


def test_a_crowd_asking_for_one_number_gets_one_message() -> None:
    outcomes = all_at_once([queue] * 12)
    assert sum(isinstance(each, Sms) for each in outcomes) == 1
    assert {each.code for each in outcomes if not isinstance(each, Sms)} == {"too_soon"}


# --- one new number twice ------------------------------------------------------------------------
def test_one_new_number_is_one_person() -> None:
    outcomes = all_at_once([lambda: actions.register_phone(phone=PHONE)] * 8)
    assert User.objects.count() == 1
    assert {each.pk for each in outcomes} == {User.objects.get().pk}


def test_the_loser_of_that_race_finds_the_winners_person(gate, monkeypatch) -> None:
    monkeypatch.setattr(people, "user_by_phone", gate.after(people.user_by_phone))

    def register():
        return actions.register_phone(phone=PHONE)

    first, second, _waited = while_first_waits(gate, register, register)
    assert first == second


# --- one member code twice -----------------------------------------------------------------------
def redeem(digits: str):
    return lambda: actions.redeem_member_code(digits=digits)


@pytest.fixture
def slow_redeem(gate, monkeypatch):
    """Stops the first redeemer between judging the code and noting its use."""
    save = MemberCode.save

    def gated(self, *args, **kwargs):
        if kwargs.get("update_fields") == ["used_at"]:
            gate.pass_through()
        return save(self, *args, **kwargs)

    monkeypatch.setattr(MemberCode, "save", gated)


def test_a_member_code_is_used_once(gate, slow_redeem) -> None:
    code = actions.issue_member_code(user=make_resident())
    first, second, waited = while_first_waits(gate, redeem(code.digits), redeem(code.digits))
    assert isinstance(first, User)
    assert isinstance(second, MemberCodeRefused)
    assert second.code == "used"
    assert waited


def test_control_without_the_lock_it_is_used_twice(gate, slow_redeem, monkeypatch) -> None:
    def unlocked(self, **kwargs):
        return self.all()

    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", unlocked)
    code = member_codes.issue_member_code(user=make_resident())
    first, second, waited = while_first_waits(gate, redeem(code.digits), redeem(code.digits))
    assert isinstance(first, User)
    assert isinstance(second, User)
    assert not waited
