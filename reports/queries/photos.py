"""Which photos count for what."""

from reports.models import Photo, Report, ReportMove
from reports.states import Verb


def good_before_photos(report: Report) -> int:
    """How many photos of the problem are readable, or may still turn out to be."""
    return (
        Photo.objects.filter(report=report)
        .exclude(kind=Photo.Kind.AFTER)
        .exclude(status=Photo.Status.FAILED)
        .exclude(stuck_at__isnull=False)
        .count()
    )


def after_photos(report: Report) -> list[Photo]:
    """The photos of the latest fix only: what was sent back does not count any more."""
    fixed = (
        ReportMove.objects.filter(report=report, verb=Verb.FINISH)
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
    )
    if fixed is None:
        return []
    return list(
        Photo.objects.filter(report=report, kind=Photo.Kind.AFTER, move__gte=fixed).order_by("id")
    )
