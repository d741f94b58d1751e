"""redeem(): points, voucher and stock together or not at all; each refusal by its code."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from points import actions as points
from points.queries import audit, available
from rewards import actions
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Stock, StockMove, Voucher
from rewards.queries import audit_stock, stock_left
from rewards.states import VoucherState
from tests.makers import City, make_city
from tests.rewards.shop import buy, give_points, make_goods, make_reward, on_shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


def have(city: City) -> int:
    return available(points.person(city.citizen.pk), city.programme)


def refusal(city: City, reward: Any, **more: Any) -> RewardsRefused:
    before = (have(city), Redemption.objects.count(), Voucher.objects.count())
    with pytest.raises(RewardsRefused) as caught:
        buy(city, reward, **more)
    assert (have(city), Redemption.objects.count(), Voucher.objects.count()) == before
    assert audit_stock().wrong == []
    return caught.value


def test_points_go_a_voucher_comes_and_the_shelf_has_one_less(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, valid_days=90), city.market, 3)

    done = buy(city, reward, expected_points=500)

    today = timezone.localdate()
    voucher = Voucher.objects.get()
    assert have(city) == 500
    assert stock_left(reward=reward, market=city.market) == 2
    assert (done.points, done.user, done.market) == (500, city.citizen, city.market)
    assert done.transfer.source == f"redemption:{done.key}"
    assert done.transfer.memo == "50 元菜券"
    assert voucher == done.voucher
    assert (voucher.digits, voucher.token) == (done.voucher.digits, done.voucher.token)
    assert len(voucher.token) >= 22  # 128 bits
    assert (voucher.state, voucher.value_fen) == (VoucherState.ISSUED, 5000)
    assert (voucher.valid_from, voucher.valid_until) == (today, today + timedelta(days=90))
    assert audit().ok
    assert audit_stock().ok


def test_too_few_points_says_how_many_are_missing(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=1200), city.market, 3)

    refused = refusal(city, reward)

    assert refused.code == "not_enough"
    assert refused.params == {"have": 1000, "need": 1200, "missing": 200}


def test_someone_who_never_earned_has_too_few(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 3)

    assert refusal(city, reward, user=city.stranger).params["missing"] == 500


def test_sold_out_takes_nothing(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 1)
    give_points(city.stranger, city.programme)
    buy(city, reward, user=city.stranger)

    assert refusal(city, reward).code == "sold_out"


def test_a_stock_that_was_never_filled_is_sold_out(city: City) -> None:
    reward = make_reward(city.programme)
    Stock.objects.create(reward=reward, market=city.market)

    assert refusal(city, reward).code == "sold_out"


def test_what_the_market_does_not_offer(city: City) -> None:
    elsewhere = on_shelf(make_reward(city.programme), city.other_market, 5)
    withdrawn = on_shelf(make_goods(city.programme, is_active=False), city.market, 5)
    paused = on_shelf(make_goods(city.programme, name="油"), city.market, 5)
    Stock.objects.filter(reward=paused).update(is_offered=False)

    for reward in (elsewhere, withdrawn, paused):
        assert refusal(city, reward).code == "not_offered"


def test_a_reward_of_another_programme_is_not_offered(city: City) -> None:
    from points.models import Programme

    other = Programme.objects.create(code="other", name="别处", starts_on="2025-01-01")
    reward = on_shelf(make_reward(other), city.market, 5)

    assert refusal(city, reward).code == "not_offered"


def test_an_unknown_reward(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)

    assert refusal(city, reward, reward_id=reward.pk + 1).code == "unknown_reward"


def test_a_tablet_of_another_market_takes_nothing_from_this_one(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)
    tablet = actions.make_kiosk(market=city.other_market, name="别处", by=city.other_manager)

    assert refusal(city, reward, kiosk=tablet).code == "wrong_market"


def test_a_frozen_account_spends_nothing(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)
    points.freeze(
        holder=points.person(city.citizen.pk),
        programme=city.programme,
        by=city.supervisor,
        why="核查",
    )

    assert refusal(city, reward).code == "frozen"


def test_a_price_that_changed_since_the_page_was_shown(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)
    reward.points = 600
    reward.save(update_fields=["points"])

    refused = refusal(city, reward, expected_points=500)

    assert (refused.code, refused.params) == ("price_changed", {"was": 500, "now": 600})


def test_the_same_confirmation_again_is_the_same_voucher_whatever_happened_since(
    city: City,
) -> None:
    reward = on_shelf(make_reward(city.programme, points=1000), city.market, 1)
    key = uuid.uuid4()
    first = buy(city, reward, key=key, expected_points=1000)
    reward.points = 1200
    reward.save(update_fields=["points"])

    again = buy(city, reward, key=key, expected_points=1000)  # no points, no stock, other price

    assert again.pk == first.pk
    assert again.voucher.digits == first.voucher.digits
    assert have(city) == 0
    assert Redemption.objects.count() == 1


def test_a_key_used_for_something_else_is_refused(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)
    same_price = on_shelf(make_goods(city.programme, points=500), city.market, 5)
    other_price = on_shelf(make_goods(city.programme, name="油"), city.market, 5)
    key = uuid.uuid4()
    buy(city, reward, key=key)
    give_points(city.stranger, city.programme)

    assert refusal(city, same_price, key=key).code == "key_conflict"
    assert refusal(city, other_price, key=key).code == "key_conflict"
    assert refusal(city, reward, key=key, user=city.stranger).code == "key_conflict"


def test_two_confirmations_are_two_vouchers(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)

    assert buy(city, reward).voucher.digits != buy(city, reward).voucher.digits
    assert have(city) == 0


def test_digits_that_are_taken_are_drawn_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    reward = on_shelf(make_reward(city.programme, points=100), city.market, 5)
    taken = buy(city, reward).voucher.digits
    drawn = iter([taken, taken, "12345675"])
    monkeypatch.setattr("rewards.actions.redeeming.new_digits", lambda: next(drawn))

    assert buy(city, reward).voucher.digits == "12345675"
    assert audit_stock().ok


def test_a_redemption_counts_its_statements(city: City, django_assert_num_queries: Any) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 5)

    with django_assert_num_queries(7 + 4):  # four make and release savepoints
        buy(city, reward, expected_points=500)


class TestStock:
    def test_units_are_spread_over_the_parts(self, city: City) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 40)

        parts = sorted(Stock.objects.get().parts.values_list("units", flat=True))
        assert parts == [2] * 8 + [3] * 8
        assert stock_left(reward=reward, market=city.market) == 40

    def test_a_correction_takes_out_no_more_than_there_is(self, city: City) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        count = {"reward": reward, "market": city.market, "by": city.manager}

        actions.receive_stock(units=-2, kind=StockMove.Kind.CORRECTION, memo="盘点", **count)
        with pytest.raises(RewardsRefused) as caught:
            actions.receive_stock(units=-4, kind=StockMove.Kind.CORRECTION, **count)

        assert (caught.value.code, caught.value.params) == ("too_few_left", {"left": 3, "asked": 4})
        assert stock_left(reward=reward, market=city.market) == 3
        move = StockMove.objects.latest("id")
        assert (move.units, move.by, move.memo) == (-2, city.manager, "盘点")

    @pytest.mark.parametrize(
        ("units", "kind"),
        [(0, "delivery"), (-1, "delivery"), (0, "correction"), (10**7, "delivery")],
    )
    def test_units_that_make_no_sense(self, city: City, units: int, kind: str) -> None:
        with pytest.raises(RewardsRefused, match="bad_units"):
            actions.receive_stock(
                reward=make_reward(city.programme),
                market=city.market,
                units=units,
                kind=kind,
                by=city.manager,
            )

    def test_the_database_refuses_units_below_zero(self, city: City) -> None:
        on_shelf(make_reward(city.programme), city.market, 5)

        with pytest.raises(IntegrityError), transaction.atomic():
            Stock.objects.get().parts.update(units=-1)

    def test_movements_are_never_edited(self, city: City) -> None:
        on_shelf(make_reward(city.programme), city.market, 5)

        for change in (
            lambda: StockMove.objects.update(units=50),
            lambda: StockMove.objects.all().delete(),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()

    def test_the_audit_names_what_does_not_add_up(self, city: City) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        buy(city, reward)
        part = Stock.objects.get().parts.filter(units=0).first()
        assert part is not None
        part.units = 7
        part.save(update_fields=["units"])

        (wrong,) = audit_stock().wrong
        assert "5 − 1 redeemed ≠ 11 left" in wrong

    def test_the_audit_names_a_redemption_that_lost_its_voucher(self, city: City) -> None:
        done = buy(city, on_shelf(make_reward(city.programme), city.market, 5))
        Voucher.objects.all().delete()

        assert audit_stock().wrong == [f"redemption {done.pk} without a voucher"]
