"""Text messages: queued under limits, sent by a task, forgotten once they are of no more use."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.crypto import encrypt, keyed_hash
from accounts.errors import SmsRefused
from accounts.models import Sms
from accounts.queries import code_is_stale
from config import due
from config.wake import wake


@transaction.atomic
def queue_sms(*, phone: str, kind: str, body: str) -> Sms:
    """Write a message that is due now, and ring for it.

    Takes an advisory lock on the number until the transaction ends, so that two requests at once
    are judged one after the other. The limits per number are for codes, which anyone can have
    sent to anyone; the day's budget is for every message. Raises SmsRefused.
    """
    phone_hash = keyed_hash(phone, purpose="phone")
    _lock_number(phone_hash)
    now = timezone.now()
    if kind == Sms.Kind.CODE:
        _judge_number(phone_hash, now)
    _judge_budget(now)
    sms = Sms.objects.create(
        kind=kind,
        phone_hash=phone_hash,
        to_cipher=encrypt(phone),
        body_cipher=encrypt(body),
        created_at=now,
        due_at=now,
    )
    wake("accounts.send_due_sms")
    return sms


def _lock_number(phone_hash: str) -> None:
    digest = hashlib.sha256(f"sms:{phone_hash}".encode()).digest()
    key = int.from_bytes(digest[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _judge_number(phone_hash: str, now: datetime) -> None:
    """Raise with the longest of the waits that apply."""
    limits = settings.SMS_PER_PHONE
    sent = list(
        Sms.objects.filter(
            phone_hash=phone_hash, kind=Sms.Kind.CODE, created_at__gt=now - timedelta(days=1)
        )
        .order_by("-created_at")
        .values_list("created_at", flat=True)[: limits["day"]]
    )
    for code, count, window in [
        ("too_many_day", limits["day"], timedelta(days=1)),
        ("too_many_hour", limits["hour"], timedelta(hours=1)),
        ("too_soon", 1, timedelta(seconds=limits["seconds"])),
    ]:
        if len(sent) >= count and (wait := sent[count - 1] + window - now) > timedelta(0):
            raise SmsRefused(code, seconds=int(wait.total_seconds()) + 1)


def _judge_budget(now: datetime) -> None:
    """Inexact on purpose by what is being queued at this very moment: no lock for all numbers."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    budget = settings.SMS_DAILY_BUDGET
    used = Sms.objects.filter(created_at__gte=midnight).order_by("created_at")[:budget].count()
    if used >= budget:
        wait = midnight + timedelta(days=1) - now
        raise SmsRefused("budget", seconds=int(wait.total_seconds()) + 1)


@transaction.atomic
def record_sms_sent(*, sms_id: int, provider_id: str) -> bool:
    """Note that the provider took the message. Locks the row; a second answer changes nothing.

    The words are wiped at once; a development copy keeps them for its page until the code dies.
    """
    sms = Sms.objects.select_for_update().get(pk=sms_id)
    if sms.sent_at is not None:
        return False
    sms.sent_at = timezone.now()
    sms.provider_id = provider_id[:64]
    sms.stuck_at = None
    if not settings.DEBUG:
        sms.body_cipher = None
    sms.save(update_fields=["sent_at", "provider_id", "stuck_at", "body_cipher"])
    due.settle(sms)
    return True


@transaction.atomic
def record_sms_failed(*, sms_id: int, error: str, final: bool = False) -> None:
    """Note a failed attempt: again after a while, or stuck. Locks the row."""
    sms = Sms.objects.select_for_update().get(pk=sms_id)
    if sms.sent_at is None:
        due.fail(sms, error, final=final)


@transaction.atomic
def retry_sms(*, sms_id: int) -> bool:
    """Give a stuck message a fresh set of attempts. Locks the row.

    False where it was sent meanwhile, or is a code that has ended.
    """
    sms = Sms.objects.select_for_update().get(pk=sms_id)
    gone = sms.sent_at is not None or sms.body_cipher is None or code_is_stale(sms)
    if sms.stuck_at is None or gone:
        return False
    due.retry(sms)
    wake("accounts.send_due_sms")
    return True


def wipe_old_bodies() -> int:
    """Wipe the words of messages that are sent, or stuck as codes, and past their use."""
    before = timezone.now() - timedelta(seconds=settings.CODE_VALID_SECONDS)
    old = Sms.objects.filter(created_at__lt=before, body_cipher__isnull=False, due_at=None)
    sent = old.filter(sent_at__isnull=False).update(body_cipher=None)
    return sent + old.filter(kind=Sms.Kind.CODE).update(body_cipher=None)
