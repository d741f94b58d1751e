"""The SMS provider answers 500, hangs, drips, answers twice, or sends without saying so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions, sms, tasks
from accounts.models import Sms
from config.due import LEASE, MAX_ATTEMPTS
from config.wake import ring
from tests.faults import provider as providers
from tests.faults.provider import Provider
from tests.makers import make_city
from tests.processes import Worker, wait_until
from tests.signing_in import signed_in

pytestmark = pytest.mark.fault
PHONE = "+8610055500001"
TASK = "accounts.send_due_sms"


@pytest.fixture
def provider(settings, monkeypatch) -> Iterator[Provider]:
    settings.SMS_BACKEND = "tests.faults.provider.Backend"
    server = Provider()
    monkeypatch.setenv("PROVIDER_URL", server.url)
    yield server
    server.close()


@pytest.fixture
def impatient(monkeypatch) -> float:
    monkeypatch.setattr(sms, "TIMEOUT", 0.5)
    return 0.5


def queue(phone: str = PHONE) -> Sms:
    return actions.queue_sms(phone=phone, kind=Sms.Kind.NOTICE, body="您的上报已办结")


def due_now() -> None:
    """As if the lease or the back-off were over."""
    Sms.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_one_message_outlives_every_fault_and_reaches_the_phone_once(provider, impatient) -> None:
    message = queue()
    faults = [
        providers.answers_500,
        providers.hangs,
        providers.takes_and_hangs_up,
        providers.takes_and_hangs,
    ]
    assert len(faults) < MAX_ATTEMPTS
    provider.behaviours = list(faults)
    for attempt in range(1, len(faults) + 1):
        assert tasks.send_due_sms() == 0
        message.refresh_from_db()
        assert (message.attempts, message.sent_at, message.stuck_at) == (attempt, None, None)
        assert message.due_at > timezone.now()
        assert tasks.send_due_sms() == 0  # not before its time
        due_now()
    assert tasks.send_due_sms() == 1
    message.refresh_from_db()
    assert message.sent_at is not None
    assert message.due_at is None
    assert (message.last_error, message.provider_id) == ("", "p-1")
    # The same reference each time is how a provider knows the double.
    assert provider.asked == [f"sms-{message.pk}"] * (len(faults) + 1)
    assert provider.delivered == [f"sms-{message.pk}"]


@pytest.mark.django_db
def test_one_that_answers_twice_is_heard_once(provider) -> None:
    provider.behaviours = [providers.takes_twice]
    message = queue()
    assert tasks.send_due_sms() == 1
    message.refresh_from_db()
    assert message.provider_id == "p-1"
    assert provider.asked == provider.delivered == [f"sms-{message.pk}"]


@pytest.mark.django_db
def test_one_that_drips_is_left_in_time_and_taken_at_its_word(provider, impatient) -> None:
    provider.behaviours = [providers.drips]
    message = queue()
    started = time.monotonic()
    assert tasks.send_due_sms() == 1
    assert time.monotonic() - started < 10 * impatient
    message.refresh_from_db()
    assert (message.due_at, message.provider_id) == (None, "")
    assert provider.asked == provider.delivered == [f"sms-{message.pk}"]


@pytest.mark.django_db
def test_those_behind_a_slow_one_are_left_to_whoever_has_them_now(
    provider, monkeypatch, time_machine
) -> None:
    first, second = queue(), queue("+8610055500002")
    send = sms.HttpBackend.send

    def slow(backend: sms.HttpBackend, **message: str) -> str:
        if message["reference"] == f"sms-{first.pk}":
            # Every lease ends meanwhile, and another worker takes what is due.
            monkeypatch.setattr(sms.HttpBackend, "send", send)
            time_machine.move_to(timezone.now() + LEASE + timedelta(seconds=1))
            assert tasks.send_due_sms() == 2
        return send(backend, **message)

    monkeypatch.setattr(sms.HttpBackend, "send", slow)
    assert tasks.send_due_sms() == 0  # what it had was done by the other
    # The one it had in hand went out twice, under one reference; the one behind it did not.
    assert provider.asked.count(f"sms-{first.pk}") == 2
    assert provider.asked.count(f"sms-{second.pk}") == 1
    assert sorted(provider.delivered) == sorted([f"sms-{first.pk}", f"sms-{second.pk}"])
    assert not Sms.objects.filter(due_at__isnull=False).exists()


@pytest.mark.django_db
def test_one_that_is_down_for_good_ends_stuck_where_it_is_seen(provider) -> None:
    city = make_city()
    city.supervisor.is_superuser = True
    city.supervisor.save(update_fields=["is_superuser"])
    message = queue()
    provider.behaviours = [providers.answers_500] * MAX_ATTEMPTS
    for _attempt in range(MAX_ATTEMPTS):
        tasks.send_due_sms()
        due_now()
    assert tasks.send_due_sms() == 0
    assert len(provider.asked) == MAX_ATTEMPTS
    message.refresh_from_db()
    assert message.stuck_at is not None
    page = signed_in(city.supervisor).get("/admin/accounts/sms/").content.decode()
    assert "the provider answered 500" in page
    assert PHONE not in page

    assert actions.retry_sms(sms_id=message.pk)
    assert tasks.send_due_sms() == 1
    assert provider.delivered == [f"sms-{message.pk}"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_the_sending_and_the_writing_down(
    provider: Provider, worker_env: dict[str, str]
) -> None:
    worker_env |= {"SMS_BACKEND": "tests.faults.provider.Backend", "PROVIDER_URL": provider.url}
    provider.behaviours = [providers.takes_and_hangs]
    message = queue()
    worker = Worker(worker_env)
    try:
        ring(TASK)
        wait_until(lambda: provider.delivered, what="the provider has it")
    finally:
        worker.kill_group()
    message.refresh_from_db()
    assert (message.sent_at, message.attempts) == (None, 1)

    due_now()
    assert tasks.send_due_sms() == 1
    message.refresh_from_db()
    assert message.sent_at is not None
    assert provider.asked == [f"sms-{message.pk}"] * 2
    assert provider.delivered == [f"sms-{message.pk}"]
