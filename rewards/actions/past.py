"""Redemptions of the past by the thousand, for imports and the demo city."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from markets.models import Market, Merchant, Stall
from points import actions as points
from rewards.actions.stock import spread
from rewards.digits import new_digits
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Reward, Stock, StockPart, Voucher, new_token
from rewards.states import VoucherState

if TYPE_CHECKING:
    from accounts.models import User


class PastRedemption(NamedTuple):
    """One unit that was redeemed `at`; used where `used_at` and `accepted_by` are given."""

    key: uuid.UUID
    user: "User"
    reward: Reward
    market: Market
    at: datetime
    used_at: datetime | None = None
    accepted_by: "User | None" = None
    merchant: Merchant | None = None
    stall: Stall | None = None
    digits: str = ""
    token: str = ""


@transaction.atomic
def bulk_redeem(*, rows: Iterable[PastRedemption], by: "User | None" = None) -> int:
    """Spend, record and take from stock, as `redeem` would have done each; returns how many.

    A row whose person had not enough points is left out. The units must have been delivered
    before (`receive_stock`). Rows keep their digits and token where given, so that a demo can
    be the same twice. Locks as `points.actions.bulk_spend` does, then the stocks' parts by id.
    Refusal: sold_out, for the whole call.
    """
    wanted = list(rows)
    transfers: dict[str, int] = {}
    for programme in {row.reward.programme for row in wanted}:
        transfers |= points.bulk_spend(
            programme=programme,
            rows=[
                points.BulkSpend(
                    holder=points.person(row.user.pk),
                    points=row.reward.points,
                    source=f"redemption:{row.key}",
                    reason=f"reward:{row.reward.pk}",
                    at=row.at,
                    key=f"redeem:{row.key}",
                    memo=row.reward.name,
                )
                for row in wanted
                if row.reward.programme == programme
            ],
            by=by,
        )
    known = set(Redemption.objects.filter(key__in=[row.key for row in wanted]).values_list("key"))
    paid = [row for row in wanted if f"redeem:{row.key}" in transfers and (row.key,) not in known]
    redemptions = Redemption.objects.bulk_create(
        [
            Redemption(
                key=row.key,
                user=row.user,
                reward=row.reward,
                market=row.market,
                points=row.reward.points,
                transfer_id=transfers[f"redeem:{row.key}"],
                at=row.at,
            )
            for row in paid
        ]
    )
    Voucher.objects.bulk_create(
        [
            _voucher(redemption, row, digits)
            for redemption, row, digits in zip(redemptions, paid, _digits(paid), strict=True)
        ]
    )
    _take(Counter((row.reward.pk, row.market.pk) for row in paid))
    return len(paid)


def _voucher(redemption: Redemption, row: PastRedemption, digits: str) -> Voucher:
    first_day = timezone.localdate(row.at)
    return Voucher(
        redemption=redemption,
        digits=digits,
        token=row.token or new_token(),
        state=VoucherState.USED if row.used_at else VoucherState.ISSUED,
        value_fen=row.reward.value_fen,
        valid_from=first_day,
        valid_until=first_day + timedelta(days=row.reward.valid_days),
        used_at=row.used_at,
        accepted_by=row.accepted_by,
        used_by=row.merchant,
        used_stall=row.stall,
    )


def _digits(rows: list[PastRedemption]) -> list[str]:
    """Eight digits for each row that no other voucher has."""
    given: set[str] = {row.digits for row in rows if row.digits}
    fresh: list[str] = []
    missing = sum(not row.digits for row in rows)
    while len(fresh) < missing:
        more = {new_digits() for _each in range(missing - len(fresh))} - given - set(fresh)
        taken = set(Voucher.objects.filter(digits__in=more).values_list("digits", flat=True))
        fresh += sorted(more - taken)
    source = iter(fresh)
    return [row.digits or next(source) for row in rows]


def _take(units: Counter[tuple[int, int]]) -> None:
    parts_of: dict[tuple[int, int], list[StockPart]] = {pair: [] for pair in units}
    stocks = Stock.objects.filter(reward__in={reward for reward, _market in units})
    parts = StockPart.objects.select_for_update(of=("self",), no_key=True).select_related("stock")
    for part in parts.filter(stock__in=stocks).order_by("id"):
        pair = (part.stock.reward_id, part.stock.market_id)
        if pair in parts_of:
            parts_of[pair].append(part)
    for pair, taken in units.items():
        left = sum(part.units for part in parts_of[pair])
        if left < taken:
            raise RewardsRefused("sold_out", reward=pair[0])
        spread(parts_of[pair], left - taken)
