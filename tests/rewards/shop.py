"""What the rewards tests stand on: points in hand, a catalogue, a stocked shelf, bound tablets."""

from __future__ import annotations

import uuid
from typing import Any

from django.test import Client

from accounts.actions import issue_member_code
from accounts.models import User
from markets.models import Market
from points import actions as points
from points.models import Programme
from rewards import actions
from rewards.models import KioskDevice, Redemption, Reward
from tests.makers import City


def give_points(user: User, programme: Programme, rule_code: str = "bonus") -> None:
    """One award: "bonus" 1,000 points, "report_food_safety" 50, "report_verified" 20."""
    points.award(
        to=points.person(user.pk),
        programme=programme,
        rule_code=rule_code,
        source=f"test:{uuid.uuid4()}",
        reason="test",
        by=None,
    )


def make_reward(programme: Programme, **fields: Any) -> Reward:
    """The 50 元菜券 for 500 points, unless told otherwise."""
    return Reward.objects.create(
        **{
            "programme": programme,
            "kind": Reward.Kind.VOUCHER,
            "name": "50 元菜券",
            "name_en": "50 yuan market voucher",
            "picture": Reward.Picture.VOUCHER,
            "points": 500,
            "value_fen": 5000,
        }
        | fields
    )


def make_goods(programme: Programme, **fields: Any) -> Reward:
    return make_reward(
        programme,
        **{
            "kind": Reward.Kind.GOODS,
            "name": "1 斤大米",
            "name_en": "500 g of rice",
            "picture": Reward.Picture.RICE,
            "points": 100,
            "value_fen": 500,
        }
        | fields,
    )


def on_shelf(reward: Reward, market: Market, units: int) -> Reward:
    actions.receive_stock(reward=reward, market=market, units=units, by=None)
    return reward


def buy(city: City, reward: Reward, *, user: User | None = None, **more: Any) -> Redemption:
    """Redeem in the city's market, with a fresh key."""
    user = user or city.citizen
    return actions.redeem(
        **{
            "key": uuid.uuid4(),
            "user": user,
            "reward_id": reward.pk,
            "market_id": city.market.pk,
            "by": user,
        }
        | more
    )


def bound_tablet(market: Market, by: User, *, name: str = "入口") -> tuple[Client, KioskDevice]:
    """A browser that has been bound to the market through the page a clerk would use."""
    device = actions.make_kiosk(market=market, name=name, by=by)
    code = actions.issue_binding_code(device_id=device.pk, by=by)
    tablet = Client()
    answer = tablet.post("/kiosk/bind/", {"code": code})
    assert answer.status_code == 303
    device.refresh_from_db()
    return tablet, device


def step_up(tablet: Client, user: User) -> Any:
    """The person types the code of their phone at the tablet; the answer of that."""
    return tablet.post("/kiosk/", {"code": issue_member_code(user=user).digits})
