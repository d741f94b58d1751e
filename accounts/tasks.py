"""What is done in the background: sending messages, and forgetting who never came in."""

import logging

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts import actions
from accounts.crypto import decrypt
from accounts.errors import CannotSend
from accounts.models import Sms
from accounts.queries import code_is_stale
from accounts.sms import Backend, get_backend
from config import due

log = logging.getLogger(__name__)
AT_A_TIME = 5  # times the backend's timeout must stay well under the lease


@shared_task(name="accounts.send_due_sms")
def send_due_sms() -> int:
    """Hand every due message to the provider; how many were taken."""
    backend = get_backend()
    taken = 0
    while batch := due.claim(Sms.objects.filter(sent_at=None), limit=AT_A_TIME):
        for sms in batch:
            if timezone.now() < sms.due_at:  # a lease that ended makes it another worker's
                taken += _send(backend, sms)
    actions.wipe_old_bodies()
    return taken


def _send(backend: Backend, sms: Sms) -> int:
    if sms.body_cipher is None or code_is_stale(sms):
        actions.record_sms_failed(sms_id=sms.pk, error="the code is no longer valid", final=True)
        return 0
    try:
        provider_id = backend.send(
            to=decrypt(sms.to_cipher), body=decrypt(sms.body_cipher), reference=f"sms-{sms.pk}"
        )
    except CannotSend as error:
        actions.record_sms_failed(sms_id=sms.pk, error=str(error), final=error.final)
    except Exception as error:  # a provider's library may raise anything
        log.warning("text message %s not sent: %s", sms.pk, type(error).__name__)
        # Only the kind of error is kept: its words may repeat the number or the code.
        actions.record_sms_failed(sms_id=sms.pk, error=type(error).__name__)
    else:
        return int(actions.record_sms_sent(sms_id=sms.pk, provider_id=provider_id))
    return 0


@shared_task(name="accounts.purge_unverified")
def purge_unverified() -> dict[str, int]:
    """Nightly: people who never proved their number, old messages and codes, dead sessions."""
    SessionStore.clear_expired()
    return actions.purge_unverified()
