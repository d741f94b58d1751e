"""Giving a verified report to the department that puts it right, and starting the clock."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from markets.clock import due_time
from markets.models import Department
from reports.actions.moving import judge_manager, lock_report, move, refusal
from reports.errors import DispatchRefused
from reports.models import DispatchRule, FollowUp, Order, Report
from reports.queries.dispatching import broken_part, rule_for, serves
from reports.queries.rights import is_handler
from reports.states import State, Verb

Mode = DispatchRule.Mode


@transaction.atomic
def dispatch(*, follow_up_id: int) -> Order | None:
    """Dispatch by rule, for the system; the clock counts from the acceptance.

    Locks the report. None when somebody has already done it by hand. Settles the follow-up in
    the same transaction. Refused: no_rule, broken_rule; the report stays where it is.
    """
    follow_up = FollowUp.objects.select_related("move").get(pk=follow_up_id)
    report = lock_report(follow_up.move.report_id)
    order = None
    if report.state == State.ACCEPTED:
        rule = rule_for(report)
        if rule is None:
            raise DispatchRefused("no_rule", market=report.market, category=report.category)
        broken = broken_part(rule, report)
        if broken:
            raise DispatchRefused("broken_rule", rule=rule, what=broken)
        order = _post(
            report,
            rule.department,
            mode=rule.mode,
            handler=rule.handler,
            rule=rule,
            start=follow_up.move.at,
        )
    _settle(report)
    return order


@transaction.atomic
def dispatch_by_hand(
    *,
    report_id: int,
    department: Department,
    by: User,
    mode: str = Mode.GRAB,
    handler: User | None = None,
    why: str = "",
) -> Order:
    """The manager gives it to a department; the clock counts from now. Locks the report.

    Refused: unknown_report, not_yours, own_report, already, not_allowed, wrong_department,
    handler_needed, wrong_handler.
    """
    report = lock_report(report_id)
    judge_manager(report, by)
    if report.state != State.ACCEPTED:
        raise refusal(report, Verb.DISPATCH)
    if not serves(department, report):
        raise DispatchRefused("wrong_department", department=department)
    if mode == Mode.ASSIGN:
        if handler is None:
            raise DispatchRefused("handler_needed")
        if not is_handler(handler, department.pk):
            raise DispatchRefused("wrong_handler", handler=handler.label, department=department)
    else:
        handler = None
    order = _post(
        report, department, mode=mode, handler=handler, start=timezone.now(), by=by, why=why
    )
    _settle(report)
    return order


def _post(
    report: Report,
    department: Department,
    *,
    mode: str,
    handler: User | None,
    start: datetime,
    rule: DispatchRule | None = None,
    by: User | None = None,
    why: str = "",
) -> Order:
    category, now = report.category, timezone.now()
    respond, resolve = category.respond_minutes, category.resolve_minutes
    if rule and rule.respond_minutes is not None:
        respond = rule.respond_minutes
    if rule and rule.resolve_minutes is not None:
        resolve = rule.resolve_minutes
    urgent = category.urgent
    move(
        report,
        Verb.DISPATCH,
        by=by,
        why=why.strip(),
        at=now,
        department=department,
        respond_due_at=due_time(report.market, start, respond, urgent=urgent),
        resolve_due_at=due_time(report.market, start, resolve, urgent=urgent),
    )
    return Order.objects.create(
        report=report, department=department, mode=mode, handler=handler, rule=rule, posted_at=now
    )


def _settle(report: Report) -> None:
    """Nothing is left to dispatch: also a follow-up that was stuck is done with."""
    FollowUp.objects.filter(move__report=report, task=FollowUp.Task.DISPATCH).update(
        due_at=None, stuck_at=None, last_error=""
    )
