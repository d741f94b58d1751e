"""Text messages: limits, sending, a bad provider, and forgetting."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions, sms, tasks
from accounts.errors import CannotSend, SmsRefused
from accounts.models import Sms
from accounts.sms import MemoryBackend

pytestmark = pytest.mark.django_db
PHONE, OTHER = "+8610055500001", "+8610055500002"


def queue(phone=PHONE, kind=Sms.Kind.CODE, body="验证码 123456"):
    return actions.queue_sms(phone=phone, kind=kind, body=body)


@pytest.fixture(autouse=True)
def outbox():
    MemoryBackend.outbox.clear()
    return MemoryBackend.outbox


def at(seconds: float):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


def refusal(**kwargs) -> SmsRefused:
    with pytest.raises(SmsRefused) as refused:
        queue(**kwargs)
    return refused.value


# --- limits --------------------------------------------------------------------------------------
def test_once_a_minute() -> None:
    with at(0):
        queue()
    with at(20):
        refused = refusal()
        assert refused.code == "too_soon"
        assert 39 <= refused.params["seconds"] <= 42
        queue(phone=OTHER)
    with at(61):
        queue()


def test_five_an_hour_and_ten_a_day() -> None:
    start = timezone.now()
    sent: list[int] = []
    refused: dict[int, str] = {}
    for minute in range(0, 125, 2):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            try:
                queue()
                sent.append(minute)
            except SmsRefused as refusal_:
                refused[minute] = refusal_.code
    assert sent == [0, 2, 4, 6, 8, 60, 62, 64, 66, 68]
    assert {refused[minute] for minute in range(10, 60, 2)} == {"too_many_hour"}
    assert {refused[minute] for minute in range(70, 125, 2)} == {"too_many_day"}
    with time_machine.travel(start + timedelta(hours=23, minutes=59), tick=False):
        last = refusal()
        assert last.code == "too_many_day"
        assert last.params["seconds"] <= 61
    with time_machine.travel(start + timedelta(hours=24, seconds=1), tick=False):
        queue()


def test_the_days_budget_holds_for_all(settings) -> None:
    settings.SMS_DAILY_BUDGET = 2
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(noon, tick=False):
        queue(phone="+8610055500001")
        queue(phone="+8610055500002", kind=Sms.Kind.NOTICE)
        refused = refusal(phone="+8610055500003")
        assert refused.code == "budget"
        assert refused.params["seconds"] == 12 * 3600 + 1
    with time_machine.travel(noon + timedelta(hours=12), tick=False):
        queue(phone="+8610055500003")


def test_a_notice_is_not_held_up_by_codes() -> None:
    queue()
    queue(kind=Sms.Kind.NOTICE, body="您的上报已办结")
    queue(kind=Sms.Kind.NOTICE, body="您获得 20 分")


def test_the_bell_is_rung_after_the_commit(bell, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queue()
    assert bell == ["accounts.send_due_sms"]


# --- sending -------------------------------------------------------------------------------------
def test_a_message_is_sent_once_and_its_words_wiped(outbox) -> None:
    row = queue()
    assert tasks.send_due_sms() == 1
    assert tasks.send_due_sms() == 0
    assert [(sent.to, sent.body) for sent in outbox] == [(PHONE, "验证码 123456")]
    row.refresh_from_db()
    assert row.sent_at is not None
    assert row.due_at is None
    assert row.body_cipher is None
    assert row.provider_id == f"memory-sms-{row.pk}"


def test_a_second_answer_changes_nothing() -> None:
    row = queue()
    assert actions.record_sms_sent(sms_id=row.pk, provider_id="first")
    assert not actions.record_sms_sent(sms_id=row.pk, provider_id="second")
    actions.record_sms_failed(sms_id=row.pk, error="late")
    row.refresh_from_db()
    assert (row.provider_id, row.due_at, row.last_error) == ("first", None, "")


def test_a_development_copy_keeps_the_words_until_the_code_dies(settings) -> None:
    settings.DEBUG = True
    row = queue()
    tasks.send_due_sms()
    row.refresh_from_db()
    assert row.body_cipher is not None
    with at(301):
        tasks.send_due_sms()
    row.refresh_from_db()
    assert row.body_cipher is None


class Broken:
    error: Exception = CannotSend("the provider answered 500")
    asked = 0

    def send(self, *, to: str, body: str, reference: str) -> str:
        Broken.asked += 1
        raise self.error


def broken(monkeypatch, error: Exception) -> None:
    monkeypatch.setattr(Broken, "error", error)
    monkeypatch.setattr(Broken, "asked", 0)
    monkeypatch.setattr(tasks, "get_backend", Broken)


def test_a_failing_provider_is_asked_again_later_and_then_given_up(monkeypatch) -> None:
    broken(monkeypatch, CannotSend("the provider answered 500"))
    row = queue(kind=Sms.Kind.NOTICE, body="您的上报已办结")
    start = timezone.now()
    waits = []
    while row.due_at is not None:
        moment = max(row.due_at, start)
        with time_machine.travel(moment, tick=False):
            tasks.send_due_sms()
        row.refresh_from_db()
        if row.due_at:
            waits.append(round((row.due_at - moment).total_seconds()))
    assert waits == [10, 30, 120, 600, 1800]
    assert Broken.asked == 6
    assert row.stuck_at is not None
    assert row.last_error == "the provider answered 500"
    assert row.body_cipher is not None  # so that it can be tried again

    assert actions.retry_sms(sms_id=row.pk)
    monkeypatch.setattr(tasks, "get_backend", MemoryBackend)
    assert tasks.send_due_sms() == 1
    row.refresh_from_db()
    assert row.stuck_at is None


def test_a_code_is_not_sent_after_its_time(monkeypatch, outbox) -> None:
    row = queue()
    with at(301):
        assert tasks.send_due_sms() == 0
        row.refresh_from_db()
        assert outbox == []
        assert row.stuck_at is not None
        assert row.body_cipher is None
        assert not actions.retry_sms(sms_id=row.pk)


def test_an_error_keeps_neither_number_nor_code(monkeypatch, caplog) -> None:
    broken(monkeypatch, ValueError(f"bad number {PHONE} 123456"))
    row = queue()
    tasks.send_due_sms()
    row.refresh_from_db()
    assert row.last_error == "ValueError"
    assert PHONE[3:] not in caplog.text
    assert "123456" not in caplog.text


def test_final_refusals_are_not_repeated(settings) -> None:
    settings.SMS_BACKEND = "accounts.sms.RefusingBackend"
    row = queue()
    tasks.send_due_sms()
    row.refresh_from_db()
    assert row.stuck_at is not None
    assert row.attempts == 1
    assert "SMS_BACKEND" in row.last_error


def test_one_bad_message_does_not_hold_up_the_others(monkeypatch, outbox) -> None:
    class Picky(MemoryBackend):
        def send(self, *, to: str, body: str, reference: str) -> str:
            if to == PHONE:
                raise CannotSend("no")
            return super().send(to=to, body=body, reference=reference)

    monkeypatch.setattr(tasks, "get_backend", Picky)
    queue()
    for last in range(2, 12):
        queue(phone=f"+861005550{last:04d}")
    assert tasks.send_due_sms() == 10


def test_the_console_says_one_line_without_the_number(monkeypatch) -> None:
    out = StringIO()
    monkeypatch.setattr(sms.sys, "__stdout__", out)
    sms.ConsoleBackend().send(to=PHONE, body="验证码 123456", reference="sms-1")
    assert out.getvalue() == "短信 → ***0001: 验证码 123456\n"


# --- a provider over HTTP ------------------------------------------------------------------------
@pytest.fixture
def provider():
    """A provider of one's own; `behave` decides how it answers."""
    hang = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = server.behave
            if status is None:
                hang.wait(20)
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    hang.set()
    server.shutdown()
    server.server_close()


def over_http(server):
    backend = sms.HttpBackend()
    backend.url = f"http://127.0.0.1:{server.server_address[1]}/"
    return backend.send(to=PHONE, body="x", reference="sms-1")


def test_http_taken(provider) -> None:
    provider.behave = (200, b'{"id": "abc"}')
    assert over_http(provider) == "abc"


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (503, False), (429, False), (400, True), (403, True)]
)
def test_http_refused(provider, status, final) -> None:
    provider.behave = (status, b"")
    with pytest.raises(CannotSend) as error:
        over_http(provider)
    assert error.value.final is final


def test_http_hanging(provider, monkeypatch) -> None:
    monkeypatch.setattr(sms, "TIMEOUT", 0.2)
    provider.behave = (None, b"")
    with pytest.raises(CannotSend) as error:
        over_http(provider)
    assert not error.value.final


def test_http_needs_an_encrypted_way() -> None:
    backend = sms.HttpBackend()
    backend.url = "http://sms.example/"
    with pytest.raises(CannotSend) as error:
        backend.send(to=PHONE, body="x", reference="sms-1")
    assert error.value.final


def test_wiping_does_not_read_what_was_wiped_long_ago() -> None:
    sent = {"kind": Sms.Kind.CODE, "to_cipher": b"", "due_at": None, "sent_at": timezone.now()}
    Sms.objects.bulk_create(Sms(phone_hash=f"{each}", **sent) for each in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_sms")
    with CaptureQueriesContext(connection) as done:
        actions.wipe_old_bodies()
    for each in done.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {each['sql']}")
            assert "sms_with_words" in str(cursor.fetchall())


def test_a_batch_ends_before_its_lease() -> None:
    from config.due import LEASE

    assert LEASE.total_seconds() > tasks.AT_A_TIME * sms.TIMEOUT


# --- the development page ------------------------------------------------------------------------
def test_the_development_page_does_not_exist_elsewhere() -> None:
    assert Client().get("/dev/sms/").status_code == 404


def test_the_development_page(settings) -> None:
    settings.DEBUG = True
    page = Client().get("/dev/sms/").content.decode()
    assert "还没有短信" in page
    queue(body="验证码 111111，5 分钟内有效")
    tasks.send_due_sms()
    queue(phone=OTHER, body="验证码 222222，5 分钟内有效")
    page = Client().get("/dev/sms/").content.decode()
    assert page.index("222222") < page.index("111111")
    assert "***0002" in page
    assert OTHER[3:] not in page
    assert Client().post("/dev/sms/").status_code == 405
