"""Everything a verifier looks at on the page of one report."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from reports.models import Order, Photo, Report, ReportMove
from reports.queries.page import Picture, picture

EARTH_RADIUS = 6_371_008.8  # metres


class Shown(NamedTuple):
    """A photo's evidence, and the addresses of its pictures."""

    evidence: Photo
    picture: Picture


@dataclass(frozen=True)
class Sheet:
    """Rows ready for the page. `distance` is metres from the market's middle, None if unknown."""

    report: Report
    before: list[Shown]
    after: list[Shown]
    moves: list[ReportMove]
    order: Order | None
    same_stall: list[Report]
    distance: int | None
    far_away: bool


def metres_between(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Great-circle distance of two WGS-84 positions (haversine)."""
    phi, other_phi = radians(latitude), radians(other_latitude)
    half_chord = (
        sin((other_phi - phi) / 2) ** 2
        + cos(phi) * cos(other_phi) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * asin(sqrt(half_chord))


def _distance(report: Report, photos: list[Photo]) -> tuple[int | None, float]:
    """Distance of the best known position from the market, and that position's accuracy."""
    market = report.market
    if market.latitude is None or market.longitude is None:
        return None, 0
    places = [(report.latitude, report.longitude, report.accuracy or 0)]
    places += [(photo.latitude, photo.longitude, 0) for photo in photos]
    for latitude, longitude, accuracy in places:
        if latitude is not None and longitude is not None:
            away = metres_between(latitude, longitude, market.latitude, market.longitude)
            return round(away), accuracy
    return None, 0


def desk_sheet(report: Report) -> Sheet:
    """Four queries: photos, steps, the present order, earlier reports at the same stall."""
    photos = list(report.photos.all())
    before = [photo for photo in photos if photo.kind != Photo.Kind.AFTER]
    distance, accuracy = _distance(report, before)
    same_stall: list[Report] = []
    if report.stall_id:
        same_stall = list(
            Report.objects.filter(stall_id=report.stall_id)
            .exclude(pk=report.pk)
            .select_related("category")
            .order_by("-id")[:8]
        )
    return Sheet(
        report=report,
        before=[Shown(photo, picture(photo)) for photo in before],
        after=[Shown(photo, picture(photo)) for photo in photos if photo.kind == Photo.Kind.AFTER],
        moves=list(report.moves.select_related("by")),
        order=report.orders.filter(ended_at=None).select_related("department", "handler").first(),
        same_stall=same_stall,
        distance=distance,
        # Position is evidence, never the only proof: said, not judged.
        far_away=distance is not None and distance - accuracy > report.market.radius,
    )
