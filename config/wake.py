"""The bell. What is to be done stands in the database; this only says that it is worth a look."""

import logging
import time

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)
# Seconds for which a process leaves a broker alone that did not answer: one that hangs would hold
# up every request for as long as a socket waits.
SILENCE = 10.0
_silent_until = 0.0


def wake(task: str) -> None:
    """Nudge a Celery task by name once the present transaction has committed.

    Never raises: with the broker away the row stays due, and the sweep of the next minute
    that reaches a broker does it.
    """
    transaction.on_commit(lambda: ring(task), robust=True)


def ring(task: str) -> None:
    """Send the nudge now, giving up at once where the broker does not answer."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as error:  # any broker failure at all: the sweep is the safety net
        _silent_until = time.monotonic() + SILENCE
        log.warning("bell not heard: %s (%s)", task, type(error).__name__)
