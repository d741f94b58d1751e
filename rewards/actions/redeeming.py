"""Points for one unit of a reward, and the voucher for it."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from points import actions as points
from points.models import Programme
from rewards.actions.stock import take_free, take_waiting
from rewards.digits import new_digits
from rewards.errors import RewardsRefused
from rewards.models import KioskDevice, Redemption, Reward, Voucher, new_token
from rewards.states import VoucherState

if TYPE_CHECKING:
    from accounts.models import User

# Both rows in one statement; none where the key (or, once in a blue moon, the digits) is taken.
RECORD = """
WITH new AS (
    INSERT INTO rewards_redemption
        (key, user_id, reward_id, market_id, points, transfer_id, kiosk_id, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
    RETURNING id
), voucher AS (
    INSERT INTO rewards_voucher
        (redemption_id, digits, token, state, value_fen, valid_from, valid_until, voided_why)
    SELECT new.id, %s, %s, 'issued', %s, %s, %s, '' FROM new
    ON CONFLICT (digits) DO NOTHING
    RETURNING id
)
SELECT new.id, voucher.id FROM new LEFT JOIN voucher ON true
"""


REWARD_FIELDS = [field.attname for field in Reward._meta.concrete_fields]
# Written out because building the same statement through the ORM takes longer than running it.
OFFER = f"""
SELECT s.id,
    s.is_offered AND r.is_active AND m.is_open AND d.programme_id = r.programme_id,
    EXISTS (SELECT FROM rewards_stockpart p WHERE p.stock_id = s.id AND p.units > 0),
    {", ".join(f"r.{field.column}" for field in Reward._meta.concrete_fields)}
FROM rewards_stock s
JOIN rewards_reward r ON r.id = s.reward_id
JOIN markets_market m ON m.id = s.market_id
JOIN markets_district d ON d.id = m.district_id
WHERE s.reward_id = %s AND s.market_id = %s
"""  # noqa: S608 - column names of our own model


class _Offer(NamedTuple):
    stock_id: int
    some_left: bool
    reward: Reward


class _PartsBusy(Exception):
    """Every part with units was held by somebody for the moment."""


def redeem(
    *,
    key: uuid.UUID,
    user: "User",
    reward_id: int,
    market_id: int,
    by: "User | None",
    expected_points: int | None = None,
    kiosk: KioskDevice | None = None,
    at: datetime | None = None,
) -> Redemption:
    """Spend the user's points on one unit and issue its voucher, all or nothing.

    `key` is one per confirmation page: a repeat returns the first redemption, whatever has
    happened to price, points and stock since. `expected_points` is the price that was confirmed.
    Locks the person's account and buckets (points.actions.spend), a stock part last. Refusals:
    unknown_reward, not_offered, wrong_market, price_changed (was, now), not_enough (have, need,
    missing), frozen, sold_out, key_conflict.
    """
    if kiosk is not None and kiosk.market_id != market_id:
        raise RewardsRefused("wrong_market", market=kiosk.market)
    asked: dict[str, Any] = {
        "key": key,
        "user": user,
        "reward_id": reward_id,
        "market_id": market_id,
        "by": by,
        "expected_points": expected_points,
        "kiosk": kiosk,
        "at": at or timezone.now(),
    }
    try:
        try:
            return _redeem(**asked, waiting=False)
        except _PartsBusy:
            # All locks are gone with the rolled back transaction; now wait in the one order.
            return _redeem(**asked, waiting=True)
    except RewardsRefused:
        first = _first(key, user_id=user.pk, reward_id=reward_id, market_id=market_id)
        if first:
            return first
        raise


@transaction.atomic
def _redeem(
    *,
    key: uuid.UUID,
    user: "User",
    reward_id: int,
    market_id: int,
    by: "User | None",
    expected_points: int | None,
    kiosk: KioskDevice | None,
    at: datetime,
    waiting: bool,
) -> Redemption:
    offer = _offer(reward_id, market_id)
    reward = offer.reward
    if expected_points is not None and expected_points != reward.points:
        raise RewardsRefused("price_changed", was=expected_points, now=reward.points)
    # Without a lock, and exact all the same: a unit that somebody is only about to take still
    # shows here, so nothing to see means nothing to have.
    if not offer.some_left:
        raise RewardsRefused("sold_out", reward=reward)
    try:
        transfer = points.spend(
            holder=points.person(user.pk),
            programme=Programme.from_db(connection.alias, ["id"], [reward.programme_id]),
            points=reward.points,
            source=f"redemption:{key}",
            reason=f"reward:{reward.pk}",
            by=by,
            key=f"redeem:{key}",
            memo=reward.name,
            at=at,
        )
    except points.PointsRefused as refusal:
        raise _in_our_words(refusal, key) from refusal
    redemption = Redemption(
        key=key,
        user=user,
        reward=reward,
        market_id=market_id,
        points=reward.points,
        transfer=transfer,
        kiosk=kiosk,
        at=at,
    )
    if not _record(redemption):
        first = _first(key, user_id=user.pk, reward_id=reward_id, market_id=market_id)
        assert first is not None
        return first
    if waiting:
        if not take_waiting(offer.stock_id):
            raise RewardsRefused("sold_out", reward=reward)
    elif not take_free(offer.stock_id):
        raise _PartsBusy
    return redemption


def _offer(reward_id: int, market_id: int) -> _Offer:
    """The reward in that market, and whether any unit is left. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(OFFER, [reward_id, market_id])
        row = cursor.fetchone()
    if row is None:
        reward = Reward.objects.filter(pk=reward_id).first()
        if reward is None:
            raise RewardsRefused("unknown_reward", reward=reward_id)
        raise RewardsRefused("not_offered", reward=reward)
    stock_id, offered, some_left, *columns = row
    reward = Reward.from_db(connection.alias, REWARD_FIELDS, columns)
    if not offered:
        raise RewardsRefused("not_offered", reward=reward)
    return _Offer(stock_id, some_left, reward)


def _record(redemption: Redemption) -> bool:
    """Write the redemption and its voucher; False when the key had been used."""
    first_day = timezone.localdate(redemption.at)
    voucher = Voucher(
        redemption=redemption,
        digits=new_digits(),
        token=new_token(),
        state=VoucherState.ISSUED,
        value_fen=redemption.reward.value_fen,
        valid_from=first_day,
        valid_until=first_day + timedelta(days=redemption.reward.valid_days),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            [
                redemption.key,
                redemption.user_id,
                redemption.reward_id,
                redemption.market_id,
                redemption.points,
                redemption.transfer_id,
                redemption.kiosk_id,
                redemption.at,
                voucher.digits,
                voucher.token,
                voucher.value_fen,
                voucher.valid_from,
                voucher.valid_until,
            ],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    redemption.pk, voucher.pk = row
    voucher.redemption_id = redemption.pk
    redemption._state.adding = False
    redemption._state.db = connection.alias
    while voucher.pk is None:
        voucher = _with_other_digits(voucher)
    voucher._state.adding = False
    voucher._state.db = connection.alias
    redemption.voucher = voucher
    return True


def _with_other_digits(voucher: Voucher) -> Voucher:
    voucher.digits = new_digits()
    Voucher.objects.bulk_create([voucher], ignore_conflicts=True)
    return Voucher.objects.filter(redemption_id=voucher.redemption_id).first() or voucher


def _first(key: uuid.UUID, *, user_id: int, reward_id: int, market_id: int) -> Redemption | None:
    """What this key redeemed before; key_conflict when it was something else."""
    first = (
        Redemption.objects.filter(key=key)
        .select_related("voucher", "reward", "market", "transfer")
        .first()
    )
    if first is None:
        return None
    if (first.user_id, first.reward_id, first.market_id) != (user_id, reward_id, market_id):
        raise RewardsRefused("key_conflict", key=key)
    return first


def _in_our_words(refusal: points.PointsRefused, key: uuid.UUID) -> RewardsRefused:
    match refusal.code:
        case "not_enough":
            have, need = refusal.params["have"], refusal.params["need"]
            return RewardsRefused("not_enough", have=have, need=need, missing=need - have)
        case "frozen":
            return RewardsRefused("frozen", since=refusal.params["since"])
        case "key_conflict":
            return RewardsRefused("key_conflict", key=key)
    raise refusal
