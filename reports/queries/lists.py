"""Lists of reports for other pages: mine, a stall's, and what was fixed lately."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Aggregate, Count, DurationField, F, Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from markets.models import Market, Stall
from reports.models import Photo, Report
from reports.queries.page import Picture, picture
from reports.states import OPEN


class Fixed(NamedTuple):
    """A published pair. Never the merchant, never the reporter, never their words."""

    number: str
    category: str
    market: str
    stall: str
    closed_at: datetime
    hours: float
    before: Picture | None
    after: Picture | None


class Figures(NamedTuple):
    """A market's last 30 days; `median_hours` from receipt to closing, None without any."""

    received: int
    fixed: int
    open: int
    median_hours: float | None


class _Median(Aggregate):
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def ready_photos() -> Prefetch:
    """The readable photos as `shown`, oldest first."""
    return Prefetch(
        "photos",
        Photo.objects.filter(status=Photo.Status.READY).order_by("id"),
        to_attr="shown",
    )


def lately_fixed(market: Market | None = None, limit: int = 6) -> list[Fixed]:
    """The latest published fixes with both pictures, of one market or all. Two statements."""
    reports = Report.objects.filter(is_public=True, closed_at__isnull=False)
    if market is not None:
        reports = reports.filter(market=market)
    rows = (
        reports.select_related("market", "stall", "category")
        .prefetch_related(ready_photos())
        .order_by("-closed_at")[:limit]
    )
    return [_fixed(report) for report in rows]


def _fixed(report: Report) -> Fixed:
    before, after = pair(report)
    assert report.closed_at is not None
    return Fixed(
        number=report.number,
        category=report.category.words,
        market=report.market.name,
        stall=report.stall.number if report.stall else "",
        closed_at=report.closed_at,
        hours=round((report.closed_at - report.created_at).total_seconds() / 3600, 1),
        before=picture(before) if before else None,
        after=picture(after) if after else None,
    )


def pair(report: Report) -> tuple[Photo | None, Photo | None]:
    """First picture of the problem and last of the fix; needs ready_photos() prefetched."""
    shown: list[Photo] = report.shown  # type: ignore[attr-defined]
    before = [photo for photo in shown if photo.kind != Photo.Kind.AFTER]
    after = [photo for photo in shown if photo.kind == Photo.Kind.AFTER]
    return (before[0] if before else None), (after[-1] if after else None)


def figures(market: Market, *, at: datetime | None = None) -> Figures:
    """Three statements, each on an index of the market."""
    since = (at or timezone.now()) - timedelta(days=30)
    reports = Report.objects.filter(market=market)
    closed = reports.filter(closed_at__gte=since)
    fixed = closed.aggregate(count=Count("pk"), median=_Median(F("closed_at") - F("created_at")))
    return Figures(
        received=reports.filter(created_at__gte=since).count(),
        fixed=fixed["count"],
        open=reports.filter(state__in=OPEN).count(),
        median_hours=round(fixed["median"].total_seconds() / 3600, 1) if fixed["median"] else None,
    )


def of_stall(stall: Stall, limit: int = 10) -> list[Report]:
    """The stall's latest reports that the public may see. One statement."""
    return list(
        Report.objects.filter(stall=stall, is_public=True)
        .select_related("category", "market")
        .order_by("-id")[:limit]
    )


def mine(user: User) -> QuerySet[Report]:
    """The person's reports, newest first, each with its pictures as `shown`."""
    return (
        Report.objects.filter(reporter=user)
        .select_related("market", "stall", "category")
        .prefetch_related(ready_photos())
        .order_by("-id")
    )
