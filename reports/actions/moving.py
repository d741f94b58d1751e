"""Lock, re-read, judge, move, and write it down: what every verb does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from reports.errors import ReportRefused
from reports.models import Report, ReportMove
from reports.queries.rights import is_manager
from reports.states import MOVES


def lock_report(report_id: int) -> Report:
    """The report as it is now, locked to the end of the transaction; first lock of all."""
    report = (
        Report.objects.select_for_update(of=("self",), no_key=True)
        .select_related("market__district__programme", "category__parent", "stall")
        .filter(pk=report_id)
        .first()
    )
    if report is None:
        raise ReportRefused("unknown_report")
    return report


def judge_manager(report: Report, by: User) -> None:
    """The market's manager, and never about their own report."""
    if not is_manager(by, report.market_id):
        raise ReportRefused("not_yours")
    if report.reporter_id == by.pk:
        raise ReportRefused("own_report")


def reason(why: str) -> str:
    """A reason that says something; refused with why_needed."""
    why = " ".join(why.split())
    if not why:
        raise ReportRefused("why_needed")
    return why[:500]


def move(
    report: Report,
    verb: str,
    *,
    by: User | None,
    why: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
    **changes: Any,
) -> ReportMove:
    """Look the step up in MOVES, change the locked report, and write its history row."""
    before = report.state
    after = MOVES.get((verb, before))
    if after is None:
        raise refusal(report, verb)
    changes = {"state": after} | changes
    for name, value in changes.items():
        setattr(report, name, value)
    report.save(update_fields=list(changes))
    return ReportMove.objects.create(
        report=report,
        at=at or timezone.now(),
        by=by,
        verb=verb,
        from_state=before,
        to_state=after,
        why=why[:500],
        key=key,
    )


def refusal(report: Report, verb: str) -> ReportRefused:
    """Why the step is not allowed: it was done already, or the report is elsewhere by now."""
    moves = ReportMove.objects.filter(report=report).select_related("by").order_by("-id")
    done = moves.filter(verb=verb).first()
    last = done or moves.first()
    about = {
        "verb": verb,
        "state": report.state,
        "by": last.by.label if last and last.by else "",
        "at": last.at if last else None,
    }
    return ReportRefused("already" if done else "not_allowed", **about)


def first_with_key(key: UUID, *, by: User, report_id: int) -> ReportMove | None:
    """The step that the same form made before. Another person's key is refused: key_taken."""
    found = ReportMove.objects.filter(key=key).first()
    if found and (found.by_id != by.pk or found.report_id != report_id):
        raise ReportRefused("key_taken")
    return found
