"""Vouchers as their owner, a merchant and the service desk see them."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.queries import markets_of
from markets.models import Market, Merchant, Stall, Tenancy
from rewards.models import Redemption, Reward, Voucher
from rewards.states import VoucherState

_RELATED = (
    "redemption__reward",
    "redemption__market",
    "redemption__user",
    "used_by",
    "used_stall",
)


@dataclass(frozen=True)
class VoucherRow:
    """A voucher as it stands on one day."""

    voucher: Voucher
    today: date

    @property
    def redemption(self) -> Redemption:
        return self.voucher.redemption

    @property
    def reward(self) -> Reward:
        return self.voucher.redemption.reward

    @property
    def market(self) -> Market:
        return self.voucher.redemption.market

    @property
    def is_goods(self) -> bool:
        return self.reward.kind == Reward.Kind.GOODS

    @property
    def yuan(self) -> str:
        whole, part = divmod(self.voucher.value_fen, 100)
        return f"{whole}.{part:02d}" if part else f"{whole}"

    @property
    def standing(self) -> str:
        """usable, used, voided, expired or not_yet."""
        if self.voucher.state != VoucherState.ISSUED:
            return str(self.voucher.state)
        if self.today > self.voucher.valid_until:
            return "expired"
        return "usable" if self.today >= self.voucher.valid_from else "not_yet"

    @property
    def is_usable(self) -> bool:
        return self.standing == "usable"

    @property
    def days_left(self) -> int:
        """0 on its last day."""
        return (self.voucher.valid_until - self.today).days

    @property
    def stall(self) -> Stall | None:
        return self.voucher.used_stall


def _rows(vouchers: QuerySet[Voucher]) -> list[VoucherRow]:
    today = timezone.localdate()
    return [VoucherRow(voucher, today) for voucher in vouchers.select_related(*_RELATED)]


def my_vouchers(user: User, *, limit: int = 100) -> list[VoucherRow]:
    """The person's vouchers: usable ones first, soonest to run out first; then the rest."""
    rows = _rows(Voucher.objects.filter(redemption__user=user).order_by("-redemption_id")[:limit])
    usable = [row for row in rows if row.is_usable]
    return sorted(usable, key=lambda row: row.voucher.valid_until) + [
        row for row in rows if not row.is_usable
    ]


def usable_vouchers(user: User) -> int:
    """How many vouchers the person can still use today."""
    return Voucher.objects.filter(
        redemption__user=user, state=VoucherState.ISSUED, valid_until__gte=timezone.localdate()
    ).count()


def my_voucher(user: User, key: uuid.UUID) -> VoucherRow | None:
    """The voucher of that redemption, where it is the person's own."""
    rows = _rows(Voucher.objects.filter(redemption__key=key, redemption__user=user))
    return rows[0] if rows else None


def voucher_by_token(token: str) -> VoucherRow | None:
    rows = _rows(Voucher.objects.filter(token=token))
    return rows[0] if rows else None


def merchants_of(user: User) -> list[Merchant]:
    """The merchants for whom the person may accept vouchers."""
    if not user.is_authenticated or not user.is_active:
        return []
    return list(Merchant.objects.filter(members__user=user).order_by("id"))


def places_of(user: User, market: Market) -> list[tuple[Stall, Merchant]]:
    """The stalls in that market at which the person may accept vouchers today, and for whom."""
    tenancies = Tenancy.objects.filter(
        stall__market=market, merchant__members__user=user, days__contains=timezone.localdate()
    )
    rows = tenancies.select_related("stall", "merchant").order_by("stall__number")
    return [(row.stall, row.merchant) for row in rows]


def is_at_desk(user: User, market: Market | None = None) -> bool:
    """Whether the person stands at that market's service desk (at any, where none is named)."""
    markets = markets_of(user)
    return bool(markets) if market is None else market.pk in markets


def accepted_today(user: User, merchants: list[Merchant]) -> list[VoucherRow]:
    """What these merchants accepted today and what the person handed over, newest first."""
    midnight = datetime.combine(timezone.localdate(), time(), timezone.get_current_timezone())
    return _rows(
        Voucher.objects.filter(
            Q(used_by__in=merchants) | Q(used_by=None, accepted_by=user),
            used_at__gte=midnight,
            used_at__lt=midnight + timedelta(days=1),
        ).order_by("-used_at")
    )


def name_masked(user: User) -> str:
    """Enough to ask "is that you?", not enough to know who: 李** or ***1234."""
    if user.nickname:
        return f"{user.nickname[0]}**"
    return user.masked_phone or "***"
