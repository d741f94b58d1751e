"""The market's manager looks at a report: taken on, or not, with a reason."""

from django.db import transaction

from accounts.models import User
from config.wake import wake
from reports import bells
from reports.actions.moving import judge_manager, lock_report, move, reason
from reports.models import FollowUp, ReportMove
from reports.states import Verb


@transaction.atomic
def verify_report(*, report_id: int, by: User, why: str = "") -> ReportMove:
    """Accept it; dispatch follows by itself. Locks the report.

    Refused: unknown_report, not_yours, own_report, already, not_allowed.
    """
    report = lock_report(report_id)
    judge_manager(report, by)
    step = move(report, Verb.ACCEPT, by=by, why=why.strip())
    FollowUp.objects.create(move=step, task=FollowUp.Task.DISPATCH)
    wake(bells.FOLLOW_UPS)
    return step


@transaction.atomic
def refuse_report(*, report_id: int, by: User, why: str) -> ReportMove:
    """Do not accept it; the reporter reads why. Locks the report.

    Refused: unknown_report, not_yours, own_report, why_needed, already, not_allowed.
    """
    report = lock_report(report_id)
    judge_manager(report, by)
    return move(report, Verb.REFUSE, by=by, why=reason(why))
