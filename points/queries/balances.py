"""What a holder has now."""

from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import Sum

from points.calendar import NEVER, local_date, month_of
from points.holders import Holder
from points.models import Account, Bucket, MonthlyTotal, Programme
from points.states import Unit


class Expiring(NamedTuple):
    points: int
    date: date


# Written out because building the same statement through the ORM takes longer than running it.
AVAILABLE = """
SELECT coalesce(sum(b.remaining), 0)
FROM points_account a JOIN points_bucket b ON b.account_id = a.id
WHERE a.holder_id = %s AND a.kind = %s AND a.programme_id = %s AND a.unit = 'material'
  AND b.expires_on >= %s
"""


def available(holder: Holder, programme: Programme, *, on: date | None = None) -> int:
    """Spendable points that have not expired on that day (default: today). One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, [holder.id, holder.kind, programme.pk, on or local_date()])
        return int(cursor.fetchone()[0])


def expiring_next(
    holder: Holder, programme: Programme, *, on: date | None = None
) -> Expiring | None:
    """The points that die next and their last day; None when none ever will."""
    row = (
        Bucket.objects.filter(
            account__holder_id=holder.id,
            account__kind=holder.kind,
            account__programme=programme,
            account__unit=Unit.MATERIAL,
            expires_on__gte=on or local_date(),
            expires_on__lt=NEVER,
            remaining__gt=0,
        )
        .values("expires_on")
        .annotate(points=Sum("remaining"))
        .order_by("expires_on")
        .first()
    )
    return Expiring(row["points"], row["expires_on"]) if row else None


def month_earned(
    holder: Holder, programme: Programme, *, on: date | None = None, unit: str = Unit.MATERIAL
) -> int:
    """Points earned in the day's month (default: this month), net of awards taken back."""
    row = (
        MonthlyTotal.objects.filter(
            account__holder_id=holder.id,
            account__kind=holder.kind,
            account__programme=programme,
            account__unit=unit,
            month=month_of(on or local_date()),
        )
        .values_list("earned", flat=True)
        .first()
    )
    return row or 0


def honour(holder: Holder, programme: Programme) -> int:
    """Honour points, which are never spent and never expire."""
    row = (
        Account.objects.filter(
            holder_id=holder.id, kind=holder.kind, programme=programme, unit=Unit.HONOUR
        )
        .values_list("balance", flat=True)
        .first()
    )
    return row or 0


def programmes_for(holder: Holder) -> list[Programme]:
    """The programmes in which the holder has an account, the latest first."""
    return list(
        Programme.objects.filter(
            pk__in=Account.objects.filter(holder_id=holder.id, kind=holder.kind).values("programme")
        ).order_by("-starts_on", "-id")
    )
