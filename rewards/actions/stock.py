"""Units that come, and the one that a redemption takes.

Why a stock is in parts: docs/decisions/0004-stock-in-shares.md.
"""

import secrets
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from markets.models import Market
from rewards.errors import RewardsRefused
from rewards.models import Reward, Stock, StockMove, StockPart

if TYPE_CHECKING:
    from accounts.models import User

PARTS = 16
MOST = 1_000_000

# A part that nobody holds, by chance. Never waits.
TAKE_FREE = """
UPDATE rewards_stockpart SET units = units - 1
WHERE units > 0 AND id = (
    SELECT id FROM rewards_stockpart WHERE stock_id = %s AND units > 0
    ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id
"""
# Part after part in one order, waiting for whoever holds it: nothing comes back only when there
# is nothing. Must not follow TAKE_FREE in one transaction, which may keep a lock on a part that
# it found empty, and that would be a second order.
TAKE_WAITING = """
UPDATE rewards_stockpart SET units = units - 1
WHERE units > 0 AND id = (
    SELECT id FROM rewards_stockpart WHERE stock_id = %s AND units > 0
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE
)
RETURNING id
"""


@transaction.atomic
def receive_stock(
    *,
    reward: Reward,
    market: Market,
    units: int,
    by: "User | None",
    kind: str = StockMove.Kind.DELIVERY,
    memo: str = "",
    key: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Stock:
    """Count units in (or, as a correction, out) and spread them evenly over the stock's parts.

    The same key again changes nothing. Locks the stock, then its parts by id. Opens the stock
    where there is none. Refusals: bad_units, too_few_left (left, asked).
    """
    out = kind == StockMove.Kind.CORRECTION
    if not isinstance(units, int) or units == 0 or abs(units) > MOST or (units < 0 and not out):
        raise RewardsRefused("bad_units", units=units)
    stock = open_stock(reward=reward, market=market)
    if key is not None and StockMove.objects.filter(key=key).exists():
        return stock
    parts = list(
        StockPart.objects.select_for_update(no_key=True).filter(stock=stock).order_by("id")
    )
    left = sum(part.units for part in parts)
    if left + units < 0:
        raise RewardsRefused("too_few_left", left=left, asked=-units)
    StockMove.objects.create(
        stock=stock,
        kind=kind,
        units=units,
        by=by,
        memo=memo[:200],
        key=key or uuid.uuid4(),
        at=at or timezone.now(),
    )
    spread(parts, left + units)
    return stock


def spread(parts: list[StockPart], units: int) -> None:
    """Even shares; who gets one of the odd units is by chance. Needs the parts' locks."""
    share, odd = divmod(units, len(parts))
    lucky = set(secrets.SystemRandom().sample(range(len(parts)), odd))
    for place, part in enumerate(parts):
        part.units = share + (place in lucky)
    StockPart.objects.bulk_update(parts, ["units"])


def open_stock(*, reward: Reward, market: Market) -> Stock:
    """The stock, locked; made with its parts where there is none. Needs a transaction."""
    stock, _new = Stock.objects.get_or_create(reward=reward, market=market)
    stock = Stock.objects.select_for_update(no_key=True).get(pk=stock.pk)
    make_parts(stock)
    return stock


def make_parts(stock: Stock) -> None:
    """Give a stock its parts. Needs the stock's lock."""
    if not stock.parts.exists():
        StockPart.objects.bulk_create(StockPart(stock=stock) for _each in range(PARTS))


def take_free(stock_id: int) -> bool:
    """Take one unit without waiting; False says only that no part with units was free."""
    return _take(TAKE_FREE, stock_id)


def take_waiting(stock_id: int) -> bool:
    """Take one unit, waiting for others who are about to; False says that nothing is left."""
    return _take(TAKE_WAITING, stock_id)


def _take(sql: str, stock_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [stock_id])
        return cursor.rowcount == 1


def give_back(*, stock_id: int, by: "User", memo: str, at: datetime) -> None:
    """Put one unit back, as a move that says why. Locks one part: call it last."""
    StockMove.objects.create(
        stock_id=stock_id, kind=StockMove.Kind.RETURN, units=1, by=by, memo=memo[:200], at=at
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rewards_stockpart SET units = units + 1 WHERE id = ("
            " SELECT id FROM rewards_stockpart WHERE stock_id = %s ORDER BY units, id LIMIT 1)",
            [stock_id],
        )
