"""The manager compares before and after: fixed, or to be fixed again."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from points.actions import award
from points.errors import PointsRefused
from points.holders import person
from reports.actions.moving import judge_manager, lock_report, move, reason
from reports.actions.moving import refusal as refusal_of
from reports.errors import ReportRefused
from reports.models import Order, Photo, Report, ReportMove
from reports.queries.photos import after_photos
from reports.states import State, Verb


@transaction.atomic
def redo_report(*, report_id: int, by: User, why: str) -> ReportMove:
    """Not fixed yet: back to the handler, who reads why. Locks the report.

    Refused: unknown_report, not_yours, own_report, why_needed, already, not_allowed.
    """
    report = lock_report(report_id)
    judge_manager(report, by)
    step = move(report, Verb.REDO, by=by, why=reason(why))
    Order.objects.filter(report=report, ended_at=None).update(finished_at=None)
    return step


@transaction.atomic
def close_report(*, report_id: int, by: User, why: str = "") -> ReportMove:
    """Checked and closed: published without the merchant, and the reporter is thanked, once.

    Locks the report, then the reporter's ledger account; the award is of this transaction.
    Refused: unknown_report, not_yours, own_report, own_fix, before_missing, after_missing,
    photos_pending, award_failed (reason), already, not_allowed.
    """
    report = lock_report(report_id)
    judge_manager(report, by)
    if report.state != State.CHECKING:
        raise refusal_of(report, Verb.CLOSE)
    order = Order.objects.filter(report=report, ended_at=None).first()
    if report.category.urgent and order and order.handler_id == by.pk:
        raise ReportRefused("own_fix")
    _judge_pair(report)
    given, cut = _thank(report, by)
    now = timezone.now()
    step = move(
        report,
        Verb.CLOSE,
        by=by,
        why=why.strip(),
        at=now,
        closed_at=now,
        is_public=True,
        points=given,
        points_cut=cut,
    )
    Order.objects.filter(report=report, ended_at=None).update(ended_at=now)
    return step


def _judge_pair(report: Report) -> None:
    """No fix without a picture pair, both of which somebody can see."""
    before = list(Photo.objects.filter(report=report).exclude(kind=Photo.Kind.AFTER))
    for photos, missing in ((before, "before_missing"), (after_photos(report), "after_missing")):
        if not any(photo.status == Photo.Status.READY for photo in photos):
            awaited = any(photo.awaited for photo in photos)
            raise ReportRefused("photos_pending" if awaited else missing)


def _thank(report: Report, by: User) -> tuple[int, int]:
    """Points given, and points that a cap cut off."""
    district = report.market.district
    if not report.category.rule_code:
        return 0, 0
    try:
        thanks = award(
            to=person(report.reporter_id),
            programme=district.programme,
            rule_code=report.category.rule_code,
            source=f"report:{report.number}",
            reason="verified",
            by=by,
            district_id=district.pk,
        )
    except PointsRefused as refusal:
        raise ReportRefused("award_failed", reason=refusal.code) from refusal
    return thanks.points, thanks.cut
