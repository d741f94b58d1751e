"""Which reports are about to be late, and which are: judged at one moment, in the database."""

from datetime import datetime

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet

from reports.models import Report
from reports.states import OPEN, State

AMBER = 0.8  # of the time allowed has passed

# Until somebody takes it on, the time to respond counts beside the time to resolve.
_UNANSWERED = (State.SUBMITTED, State.ACCEPTED, State.DISPATCHED)


def overdue(*, at: datetime) -> Q:
    """Open reports whose time to respond or to resolve had run out at `at`."""
    return Q(state__in=_UNANSWERED, respond_due_at__lt=at) | Q(
        state__in=OPEN, resolve_due_at__lt=at
    )


def nearly_due(reports: "QuerySet[Report]", *, at: datetime) -> "QuerySet[Report]":
    """Open reports, not overdue at `at`, with at most a fifth of the time to resolve left."""
    allowed = ExpressionWrapper(F("resolve_due_at") - F("created_at"), DurationField())
    amber_at = ExpressionWrapper(F("resolve_due_at") - allowed * (1 - AMBER), DateTimeField())
    return (
        reports.filter(state__in=OPEN, resolve_due_at__gte=at)
        .exclude(overdue(at=at))
        .alias(amber_at=amber_at)
        .filter(amber_at__lte=at)
    )
