"""What becomes of a voucher: accepted by a merchant, handed over at the desk, or withdrawn."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.queries import has_role
from accounts.states import Role
from markets.models import Market, Merchant, MerchantMember, Stall, Tenancy
from points import actions as points
from rewards.actions.stock import give_back
from rewards.digits import is_well_typed, read_typed, token_in
from rewards.errors import RewardsRefused
from rewards.models import Reward, Stock, Voucher, WrongCodes
from rewards.states import VOUCHER_MOVES, VoucherState

if TYPE_CHECKING:
    from accounts.models import User

MOST_WRONG = 10
WRONG_WINDOW = timedelta(minutes=10)
# A second tap of the same hand on the same button, not a second customer.
SAME_TAP = timedelta(seconds=60)


class Accepted(NamedTuple):
    """`first` is False where the same person had accepted it a moment ago."""

    voucher: Voucher
    first: bool


def look_up_voucher(*, typed: str, by: "User", at: datetime | None = None) -> Voucher:
    """Find a voucher by what was typed, pasted or scanned: eight digits, or its address.

    Locks the person's count of wrong codes: guesses of one person go one after the other.
    Refusals: mistyped (not counted: anyone can work out a check digit), unknown_voucher,
    too_many_tries (until).
    """
    at = at or timezone.now()
    token, digits = token_in(typed), read_typed(typed)
    if not token and not is_well_typed(digits):
        raise RewardsRefused("mistyped")
    WrongCodes.objects.bulk_create([WrongCodes(user=by, since=at)], ignore_conflicts=True)
    with transaction.atomic():
        wrong = WrongCodes.objects.select_for_update(no_key=True).get(user=by)
        if wrong.since + WRONG_WINDOW <= at:
            wrong.since, wrong.count = at, 0
        if wrong.count >= MOST_WRONG:
            raise RewardsRefused("too_many_tries", until=wrong.since + WRONG_WINDOW)
        voucher = (
            Voucher.objects.filter(**({"token": token} if token else {"digits": digits}))
            .select_related("redemption")
            .first()
        )
        if voucher is None:
            wrong.count += 1
            wrong.save(update_fields=["since", "count"])
    if voucher is None:
        raise RewardsRefused("unknown_voucher")
    return voucher


@transaction.atomic
def accept_voucher(
    *,
    token: str,
    merchant: Merchant,
    by: "User",
    stall: Stall | None = None,
    at: datetime | None = None,
) -> Accepted:
    """The merchant takes the voucher for its value, once, at one of their stalls of that day.

    Locks the voucher. The same hand again within a minute is answered with what it did first.
    Refusals: unknown_voucher, not_member, desk_only, other_market, used (at, where, by_us),
    expired, not_yet, voided.
    """
    at = at or timezone.now()
    if not MerchantMember.objects.filter(merchant=merchant, user=by).exists():
        raise RewardsRefused("not_member")
    voucher = _locked(token)
    market = voucher.redemption.market
    if voucher.redemption.reward.kind != Reward.Kind.VOUCHER:
        raise RewardsRefused("desk_only", market=market)
    place = _stall_in(market, merchant, stall, at)
    if (
        voucher.state == VoucherState.USED
        and voucher.used_by_id == merchant.pk
        and _same_tap(voucher, by, at)
    ):
        return Accepted(voucher, first=False)
    _judge(voucher, merchant=merchant, at=at)
    return _use(voucher, by=by, at=at, merchant=merchant, stall=place)


@transaction.atomic
def hand_over(*, token: str, by: "User", at: datetime | None = None) -> Accepted:
    """The service desk of the voucher's market hands the goods over, once.

    Locks the voucher. Refusals: unknown_voucher, not_allowed, merchants_only, used, expired,
    not_yet, voided.
    """
    at = at or timezone.now()
    voucher = _locked(token)
    market = voucher.redemption.market
    if not any(has_role(by, role, market=market) for role in (Role.CLERK, Role.MANAGER)):
        raise RewardsRefused("not_allowed", market=market)
    if voucher.redemption.reward.kind != Reward.Kind.GOODS:
        raise RewardsRefused("merchants_only", market=market)
    if voucher.state == VoucherState.USED and _same_tap(voucher, by, at):
        return Accepted(voucher, first=False)
    _judge(voucher, merchant=None, at=at)
    return _use(voucher, by=by, at=at, merchant=None, stall=None)


@transaction.atomic
def withdraw_voucher(
    *, voucher_id: int, by: "User", why: str, at: datetime | None = None
) -> Voucher:
    """Take back a voucher that was not used: the points return, and the unit to the stock.

    Locks the voucher, then the account (points.actions.refund), a stock part last. Refusals:
    unknown_voucher, not_allowed, used, voided.
    """
    at = at or timezone.now()
    voucher = (
        Voucher.objects.select_for_update(of=("self",), no_key=True)
        .select_related("redemption__market", "redemption__reward")
        .filter(pk=voucher_id)
        .first()
    )
    if voucher is None:
        raise RewardsRefused("unknown_voucher")
    redemption = voucher.redemption
    if not has_role(by, Role.MANAGER, market=redemption.market):
        raise RewardsRefused("not_allowed", market=redemption.market)
    if (voucher.state, VoucherState.VOIDED) not in VOUCHER_MOVES:
        raise _gone(voucher, merchant=None)
    voucher.state = VoucherState.VOIDED
    voucher.voided_at, voucher.voided_by, voucher.voided_why = at, by, why[:200]
    voucher.save(update_fields=["state", "voided_at", "voided_by", "voided_why"])
    points.refund(
        transfer_id=redemption.transfer_id,
        source=f"redemption:{redemption.key}",
        by=by,
        key=f"withdraw:{redemption.key}",
        memo=why,
        at=at,
    )
    stock = Stock.objects.get(reward_id=redemption.reward_id, market_id=redemption.market_id)
    give_back(stock_id=stock.pk, by=by, memo=f"{voucher} · {why}", at=at)
    return voucher


def _locked(token: str) -> Voucher:
    voucher = (
        Voucher.objects.select_for_update(of=("self",), no_key=True)
        # Never joined with its stall or merchant: after waiting for the lock the voucher's own
        # columns are read anew, those of a joined table are not.
        .select_related("redemption__market", "redemption__reward", "redemption__user")
        .filter(token=token)
        .first()
    )
    if voucher is None:
        raise RewardsRefused("unknown_voucher")
    return voucher


def _stall_in(market: Market, merchant: Merchant, stall: Stall | None, at: datetime) -> Stall:
    """The stall where it is accepted: the one named, or the merchant's first of that day."""
    tenancies = (
        Tenancy.objects.filter(
            merchant=merchant, stall__market=market, days__contains=timezone.localdate(at)
        )
        .select_related("stall")
        .order_by("stall__number")
    )
    if stall is not None:
        tenancies = tenancies.filter(stall=stall)
    tenancy = tenancies.first()
    if tenancy is None:
        raise RewardsRefused("other_market", market=market)
    return tenancy.stall


def _same_tap(voucher: Voucher, by: "User", at: datetime) -> bool:
    assert voucher.used_at is not None
    return voucher.accepted_by_id == by.pk and at - voucher.used_at <= SAME_TAP


def _judge(voucher: Voucher, *, merchant: Merchant | None, at: datetime) -> None:
    if (voucher.state, VoucherState.USED) not in VOUCHER_MOVES:
        raise _gone(voucher, merchant=merchant)
    today = timezone.localdate(at)
    if today > voucher.valid_until:
        raise RewardsRefused("expired", until=voucher.valid_until)
    if today < voucher.valid_from:
        raise RewardsRefused("not_yet", from_day=voucher.valid_from)


def _gone(voucher: Voucher, *, merchant: Merchant | None) -> RewardsRefused:
    if voucher.state == VoucherState.VOIDED:
        return RewardsRefused("voided", at=voucher.voided_at, why=voucher.voided_why)
    ours = merchant is not None and voucher.used_by_id == merchant.pk
    return RewardsRefused("used", at=voucher.used_at, where=voucher.used_stall, by_us=ours)


def _use(
    voucher: Voucher,
    *,
    by: "User",
    at: datetime,
    merchant: Merchant | None,
    stall: Stall | None,
) -> Accepted:
    voucher.state = VoucherState.USED
    voucher.used_at, voucher.accepted_by = at, by
    voucher.used_by, voucher.used_stall = merchant, stall
    voucher.save(update_fields=["state", "used_at", "accepted_by", "used_by", "used_stall"])
    return Accepted(voucher, first=True)
