"""What can be had for points, and how much of it is left."""

from dataclasses import dataclass

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from markets.models import Market
from markets.queries import markets_open
from rewards.models import Redemption, Reward, Stock, StockPart

_LEFT = Coalesce(
    Subquery(
        StockPart.objects.filter(stock=OuterRef("pk"))
        .order_by()
        .values("stock")
        .annotate(units=Sum("units"))
        .values("units"),
        output_field=IntegerField(),
    ),
    0,
)


@dataclass(frozen=True)
class Offer:
    """A reward in one market, beside what somebody has (`have` is None for who did not say)."""

    stock: Stock
    reward: Reward
    market: Market
    left: int
    have: int | None

    @property
    def sold_out(self) -> bool:
        return self.left <= 0

    @property
    def missing(self) -> int:
        """Points that are still needed."""
        return max(0, self.reward.points - self.have) if self.have is not None else 0

    @property
    def after(self) -> int:
        """Points that would be left over."""
        return (self.have or 0) - self.reward.points

    @property
    def can_have(self) -> bool:
        return not self.sold_out and self.have is not None and not self.missing

    @property
    def few(self) -> bool:
        return 0 < self.left <= self.stock.low_at


def with_left(stocks: QuerySet[Stock]) -> QuerySet[Stock]:
    """Stocks with `left`: the sum of their parts."""
    return stocks.annotate(left=_LEFT)


def _offered(market: Market) -> QuerySet[Stock]:
    return with_left(
        Stock.objects.filter(
            market=market,
            is_offered=True,
            reward__is_active=True,
            reward__programme=F("market__district__programme"),
        ).select_related("reward", "market")
    )


def shelf(market: Market, *, have: int | None = None) -> list[Offer]:
    """What the market offers, in the catalogue's order; what is gone comes last. One statement."""
    rows = _offered(market).order_by("reward__order", "reward_id")
    offers = [Offer(row, row.reward, market, row.left, have) for row in rows]  # type: ignore[attr-defined]
    return sorted(offers, key=lambda each: each.sold_out)


def offer(market: Market, reward_id: int, *, have: int | None = None) -> Offer | None:
    """One line of the shelf; None where the market does not offer it."""
    row = _offered(market).filter(reward_id=reward_id).first()
    return Offer(row, row.reward, market, row.left, have) if row else None  # type: ignore[attr-defined]


def stock_left(*, reward: Reward | int, market: Market | int) -> int:
    """Units left of the reward in the market."""
    row = with_left(Stock.objects.filter(reward=reward, market=market)).first()
    return row.left if row else 0  # type: ignore[attr-defined]


def first_market(*, wanted: str, user_id: int | None) -> Market | None:
    """The market of that code; else the one where the person redeemed last; else the first."""
    markets = markets_open()
    if wanted:
        found = markets.filter(code=wanted).first()
        if found:
            return found
    if user_id:
        last = Redemption.objects.filter(user_id=user_id, market__is_open=True).order_by("-id")
        found = markets.filter(pk__in=last.values("market")[:1]).first()
        if found:
            return found
    return markets.order_by("id").first()
