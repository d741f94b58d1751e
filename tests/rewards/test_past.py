"""History in bulk is what the single actions would have left behind."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from points import actions as points
from points.actions.programmes import PRESETS
from points.models import Programme
from points.queries import audit, available
from rewards import actions
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Reward, Voucher
from rewards.queries import audit_stock, stock_left
from tests.makers import City, make_city
from tests.rewards.shop import give_points, make_reward, on_shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


def past(city: City, reward: Reward, *, days: int, used: bool = False) -> actions.PastRedemption:
    at = timezone.now() - timedelta(days=days)
    row = actions.PastRedemption(
        key=uuid.uuid4(), user=city.citizen, reward=reward, market=city.market, at=at
    )
    if not used:
        return row
    return row._replace(
        used_at=at + timedelta(hours=1),
        accepted_by=city.merchant_owner,
        merchant=city.merchant,
        stall=city.stall,
    )


def test_the_audits_hold_and_a_second_run_adds_nothing(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=300), city.market, 20)
    rows = [past(city, reward, days=0, used=bool(number)) for number in range(3)]

    assert actions.bulk_redeem(rows=rows) == 3
    assert actions.bulk_redeem(rows=rows) == 0

    assert stock_left(reward=reward, market=city.market) == 17
    assert available(points.person(city.citizen.pk), city.programme) == 100
    assert Voucher.objects.filter(state="used", used_stall=city.stall).count() == 2
    assert audit().ok
    assert audit_stock().ok


def test_who_had_too_few_points_is_left_out(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=600), city.market, 20)

    assert actions.bulk_redeem(rows=[past(city, reward, days=0) for _each in range(2)]) == 1
    assert Redemption.objects.count() == 1
    assert audit_stock().ok


def test_more_than_was_delivered_is_refused_as_a_whole(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=100), city.market, 1)

    with pytest.raises(RewardsRefused, match="sold_out"):
        actions.bulk_redeem(rows=[past(city, reward, days=0) for _each in range(2)])

    assert not Redemption.objects.exists()
    assert available(points.person(city.citizen.pk), city.programme) == 1000


def test_digits_and_token_are_kept_where_given(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=100), city.market, 5)
    row = past(city, reward, days=0)._replace(digits="00000000", token="demo-token-of-128-bits")

    actions.bulk_redeem(rows=[row, past(city, reward, days=0)])

    assert Voucher.objects.filter(digits="00000000", token="demo-token-of-128-bits").exists()


def test_the_published_catalogue_is_loaded_once() -> None:
    preset = json.loads((PRESETS / "chengdu.json").read_text(encoding="utf-8"))
    programme: Programme = points.load_programme(name="chengdu", data=preset).programme

    first = actions.load_catalogue(programme=programme)
    Reward.objects.filter(name="1 斤大米").update(points=90)
    second = actions.load_catalogue(programme=programme)

    assert [reward.pk for reward in first] == [reward.pk for reward in second]
    rows = Reward.objects.order_by("order").values_list("name", "kind", "points", "value_fen")
    assert list(rows) == [
        ("1 斤大米", "goods", 90, 1000),
        ("1 斤食用油", "goods", 200, 2000),
        ("30 元菜券", "voucher", 300, 3000),
        ("50 元菜券", "voucher", 500, 5000),
    ]
