"""Rows with a due time: the database is the queue.

A row is *due* while `due_at` is set and past. A worker claims it by moving `due_at` ahead by a
lease and counting the attempt, works without holding a lock, and then settles it. A worker that
dies leaves the row to become due again when the lease ends; one that keeps failing, or keeps
killing its workers, becomes *stuck*, and is shown in the admin.
"""

from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 6
BACK_OFF = (10, 30, 120, 600, 1800)  # seconds after the 1st, 2nd … failed attempt


class DueRow(models.Model):
    """Abstract row with a due time, attempts, and the visible end of giving up."""

    due_at = models.DateTimeField(_("due at"), null=True, blank=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    stuck_at = models.DateTimeField(_("stuck since"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, default="")

    class Meta:
        abstract = True


def claim(rows: "models.QuerySet[Any]", *, limit: int = 20, lease: timedelta = LEASE) -> list[Any]:
    """Claim up to `limit` due rows of the queryset and return them, soonest due first.

    Locks the rows with SKIP LOCKED for one statement; no two workers get the same row while
    its lease lasts. A row whose every attempt ended with the worker's death, so that nobody was
    left to count it as failed, becomes stuck here.
    """
    while True:
        now = timezone.now()
        claimed, given_up = [], False
        with transaction.atomic():
            due = (
                rows.filter(due_at__lte=now, stuck_at=None)
                .order_by("due_at", "pk")
                .select_for_update(skip_locked=True, of=("self",))[:limit]
            )
            for row in due:
                if row.attempts >= MAX_ATTEMPTS:
                    fail(row, row.last_error or "the worker died in the middle of it, each time")
                    given_up = True
                    continue
                row.due_at = now + lease
                row.attempts += 1
                row.save(update_fields=["due_at", "attempts"])
                claimed.append(row)
        # Nothing claimed means nothing due, so those given up must not stand for the others.
        if claimed or not given_up:
            return claimed


def settle(row: DueRow) -> None:
    """Mark a claimed row as done."""
    row.due_at = None
    row.last_error = ""
    row.save(update_fields=["due_at", "last_error"])


def fail(row: DueRow, error: BaseException | str, *, final: bool = False) -> bool:
    """Record a failed attempt: due again after a back-off, or stuck when that was the last.

    False, and nothing changed, where the row is no longer as it was claimed: it went away, was
    settled by somebody else, or is another worker's since the lease ended.
    """
    now, claimed_until = timezone.now(), row.due_at
    row.last_error = (error if isinstance(error, str) else f"{type(error).__name__}: {error}")[:500]
    if final or row.attempts >= MAX_ATTEMPTS:
        row.due_at, row.stuck_at = None, now
    else:
        row.due_at = now + timedelta(seconds=BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1])
    as_claimed = type(row)._base_manager.filter(pk=row.pk, due_at=claimed_until)
    return bool(
        as_claimed.update(due_at=row.due_at, stuck_at=row.stuck_at, last_error=row.last_error)
    )


def retry(row: DueRow) -> None:
    """Give a stuck row a fresh set of attempts, from now."""
    row.due_at, row.stuck_at, row.attempts = timezone.now(), None, 0
    row.save(update_fields=["due_at", "stuck_at", "attempts"])


def due_index(name: str) -> models.Index:
    """The partial index that lets a sweep find due rows without reading the rest."""
    return models.Index(fields=["due_at"], name=name, condition=models.Q(due_at__isnull=False))
