"""Who never proved a number, and what has outlived its use, goes at night."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import actions
from accounts.actions import people
from accounts.models import MemberCode, Sms, Unmasking, User
from accounts.tasks import purge_unverified
from tests.makers import make_city, make_resident

pytestmark = pytest.mark.django_db


def unproven(days: float = 2, **extra) -> User:
    number = f"+86100777{User.objects.count():05d}"
    person = actions.register_phone(phone=number)
    joined = timezone.now() - timedelta(days=days)
    User.objects.filter(pk=person.pk).update(date_joined=joined, **extra)
    return person


def there(person: User) -> bool:
    return User.objects.filter(pk=person.pk).exists()


def test_only_the_unproven_of_yesterday_go() -> None:
    city = make_city()
    before = User.objects.count()
    old, fresh = unproven(), unproven(days=0.5)
    came_in = unproven(last_login=timezone.now())
    closed = unproven(is_active=False)
    assert purge_unverified()["people"] == 1
    assert not there(old)
    assert there(fresh)
    assert there(came_in)
    assert there(closed)
    assert User.objects.count() == before + 3
    assert there(city.manager)


def test_whoever_is_named_anywhere_stays() -> None:
    """Be the row protected, cascading, or in another room."""
    city = make_city()
    looked_at, merchant, coded, gone = unproven(), unproven(), unproven(), unproven()
    Unmasking.objects.create(by=city.manager, of=looked_at, why="x")
    city.merchant.members.create(user=merchant)
    actions.issue_member_code(user=coded)
    assert purge_unverified()["people"] == 1
    assert there(looked_at)
    assert there(merchant)
    assert there(coded)
    assert not there(gone)


def test_something_attached_in_between_saves_that_one(monkeypatch) -> None:
    first, second = unproven(), unproven()
    by = make_resident()
    Unmasking.objects.create(by=by, of=second, why="x")
    monkeypatch.setattr(people, "_nothing_attached", list)  # as if the look had come too early
    assert actions.purge_unverified()["people"] == 1
    assert not there(first)
    assert there(second)


def test_in_batches(monkeypatch) -> None:
    monkeypatch.setattr(people, "BATCH", 2)
    for _each in range(5):
        unproven()
    assert actions.purge_unverified()["people"] == 5


def test_old_messages_codes_and_sessions() -> None:
    person = make_resident()
    old = timezone.now() - timedelta(days=31)
    sent = actions.queue_sms(phone="+8610077700001", kind="notice", body="x")
    stuck = actions.queue_sms(phone="+8610077700001", kind="notice", body="x")
    fresh = actions.queue_sms(phone="+8610077700001", kind="notice", body="x")
    Sms.objects.filter(pk=sent.pk).update(created_at=old, due_at=None, sent_at=old)
    Sms.objects.filter(pk=stuck.pk).update(created_at=old, due_at=None, stuck_at=old)
    code = actions.issue_member_code(user=person)
    MemberCode.objects.filter(pk=code.pk).update(expires_at=timezone.now() - timedelta(days=2))
    running = actions.issue_member_code(user=person)
    Session.objects.create(session_key="dead", session_data="x", expire_date=old)
    assert purge_unverified() == {"people": 0, "messages": 1, "codes": 1}
    assert set(Sms.objects.values_list("pk", flat=True)) == {stuck.pk, fresh.pk}
    assert MemberCode.objects.get() == running
    assert not Session.objects.filter(session_key="dead").exists()
    assert purge_unverified() == {"people": 0, "messages": 0, "codes": 0}
