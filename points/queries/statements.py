"""The rows of 积分明细."""

import datetime as dt
from typing import NamedTuple

from django.db import connection
from django.db.models import Min
from django.utils.translation import gettext as _

from points.calendar import NEVER
from points.holders import Holder
from points.models import Account, BucketUse, Programme, Transfer
from points.sources import link
from points.states import TransferKind, Unit


class StatementRow(NamedTuple):
    """One line: `points` is signed, `cut` what a cap cut off, `link` the page of the source.

    `expires_on` is the last day of points that came in, None where they never expire or went
    out. `is_reversal`: this row takes back or gives back another; `is_reversed`: another did so
    to this one.
    """

    id: int
    date: dt.date
    points: int
    words: str
    memo: str
    link: str
    balance: int
    expires_on: dt.date | None
    cut: int
    kind: str
    is_reversal: bool
    is_reversed: bool

    @property
    def taken(self) -> int:
        """The points without their sign."""
        return abs(self.points)


# Either side has its own index, so a page costs the same however long the history is.
PAGE = """
SELECT id FROM (
    (SELECT id FROM points_transfer WHERE credit_id = %(account)s AND id < %(before)s
     ORDER BY id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT id FROM points_transfer WHERE debit_id = %(account)s AND id < %(before)s
     ORDER BY id DESC LIMIT %(limit)s)
) AS both_sides ORDER BY id DESC LIMIT %(limit)s
"""
PAST_ALL = 2**63 - 1


def statement(
    holder: Holder, programme: Programme, *, before_id: int | None = None, limit: int = 50
) -> list[StatementRow]:
    """The latest rows of the holder's spendable account, newest first; older with `before_id`.

    Four statements at most.
    """
    account = Account.objects.filter(
        programme=programme, unit=Unit.MATERIAL, kind=holder.kind, holder_id=holder.id
    ).first()
    if account is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            PAGE, {"account": account.pk, "before": before_id or PAST_ALL, "limit": limit}
        )
        ids = [row[0] for row in cursor.fetchall()]
    transfers = (
        Transfer.objects.filter(pk__in=ids)
        .select_related("rule", "reverses__rule", "reversed_by")
        .order_by("-id")
    )
    refunds = [t.pk for t in transfers if t.kind == TransferKind.REFUND]
    came_back: dict[int, dt.date] = {}
    if refunds:
        came_back = dict(
            BucketUse.objects.filter(transfer__in=refunds)
            .values_list("transfer")
            .annotate(Min("bucket__expires_on"))
        )
    return [_row(transfer, account, came_back.get(transfer.pk)) for transfer in transfers]


def _row(transfer: Transfer, account: Account, came_back: dt.date | None) -> StatementRow:
    incoming = transfer.credit_id == account.pk
    expires_on = transfer.expires_on or came_back
    balance = transfer.credit_after if incoming else transfer.debit_after
    return StatementRow(
        id=transfer.pk,
        date=transfer.booked_on,
        points=transfer.points if incoming else -transfer.points,
        words=words_for(transfer),
        memo=transfer.memo,
        link=link(transfer.source),
        balance=balance or 0,
        expires_on=None if expires_on == NEVER else expires_on,
        cut=transfer.cut if transfer.kind == TransferKind.AWARD else 0,
        kind=transfer.kind,
        is_reversal=transfer.reverses_id is not None,
        is_reversed=hasattr(transfer, "reversed_by"),
    )


def words_for(transfer: Transfer) -> str:
    """Why the points came or went, in the reader's language."""
    rule = transfer.rule.words if transfer.rule else ""
    match transfer.kind:
        case TransferKind.AWARD:
            return rule
        case TransferKind.REVERSAL:
            return _("Taken back: %(what)s") % {"what": rule}
        case TransferKind.REFUND:
            return _("Given back")
        case TransferKind.EXPIRY:
            return _("Expired")
        case TransferKind.SPEND:
            return _("Redeemed for a reward")
    return str(transfer.get_kind_display())
