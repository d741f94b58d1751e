"""Many hands on one stock: exactly what was there is handed out, and nobody is sent away early."""

import threading
import uuid
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from points import actions as points
from points.queries import available
from rewards import actions
from rewards.actions.stock import take_free, take_waiting
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Stock, StockPart, Voucher
from rewards.queries import audit_stock, stock_left
from tests.makers import City, make_city, make_resident
from tests.processes import wait_until
from tests.races.crowd import all_at_once
from tests.rewards.shop import give_points, make_reward, on_shelf

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city() -> City:
    return make_city()


def codes(results: list) -> list[str]:
    """What each got: "ok", or the code of the refusal; anything else is raised."""
    words = []
    for result in results:
        if isinstance(result, RewardsRefused):
            words.append(result.code)
        elif isinstance(result, Exception):
            raise result
        else:
            words.append("ok")
    return words


def test_64_people_at_once_for_30_units(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 30)
    people = [make_resident() for _each in range(64)]
    for person in people:
        give_points(person, city.programme)

    results = all_at_once(
        *(
            partial(
                actions.redeem,
                key=uuid.uuid4(),
                user=person,
                reward_id=reward.pk,
                market_id=city.market.pk,
                by=person,
            )
            for person in people
        )
    )

    words = codes(results)
    assert (words.count("ok"), words.count("sold_out")) == (30, 34)
    assert stock_left(reward=reward, market=city.market) == 0
    assert Redemption.objects.values("user").distinct().count() == 30
    assert Voucher.objects.count() == 30
    for person, word in zip(people, words, strict=True):
        left = available(points.person(person.pk), city.programme)
        assert left == (500 if word == "ok" else 1000)
    assert audit_stock().wrong == []


def test_control_without_the_conditional_update_two_take_the_last_unit(city: City) -> None:
    on_shelf(make_reward(city.programme), city.market, 1)
    part = StockPart.objects.get(units=1)
    both_have_read = threading.Barrier(2)

    def naive() -> bool:
        seen = StockPart.objects.get(pk=part.pk)
        if seen.units < 1:
            return False
        both_have_read.wait(10)
        seen.units -= 1
        seen.save(update_fields=["units"])
        return True

    assert all_at_once(naive, naive) == [True, True]


def waits_for_a_lock(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'",
            [pid],
        )
        return cursor.fetchone()[0] == 1


def own_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_last_unit_is_waited_for_while_somebody_may_yet_give_it_up(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 1)
    give_points(city.citizen, city.programme)
    stock = Stock.objects.get()
    pid: list[int] = []

    def second() -> Redemption:
        pid.append(own_pid())
        return actions.redeem(
            key=uuid.uuid4(),
            user=city.citizen,
            reward_id=reward.pk,
            market_id=city.market.pk,
            by=city.citizen,
        )

    def first_gives_up() -> None:
        with transaction.atomic():
            assert take_free(stock.pk)
            wait_until(lambda: pid and waits_for_a_lock(pid[0]), what="the second one waits")
            transaction.set_rollback(True)

    _nothing, redemption = all_at_once(first_gives_up, second)

    assert isinstance(redemption, Redemption), redemption
    assert stock_left(reward=reward, market=city.market) == 0


def test_control_without_waiting_the_same_unit_looks_sold_out(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 1)
    stock = Stock.objects.get()
    held, looked = threading.Event(), threading.Event()

    def first_gives_up() -> None:
        with transaction.atomic():
            assert take_free(stock.pk)
            held.set()
            assert looked.wait(10)
            transaction.set_rollback(True)

    def second_does_not_wait() -> bool:
        assert held.wait(10)
        taken = take_free(stock.pk)
        looked.set()
        return taken

    assert all_at_once(first_gives_up, second_does_not_wait) == [None, False]
    assert stock_left(reward=reward, market=city.market) == 1
    assert take_waiting(stock.pk)


def test_one_confirmation_sent_eight_times_at_once_is_one_voucher(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 100)
    give_points(city.citizen, city.programme)
    tap = partial(
        actions.redeem,
        key=uuid.uuid4(),
        user=city.citizen,
        reward_id=reward.pk,
        market_id=city.market.pk,
        by=city.citizen,
        expected_points=500,
    )

    results = all_at_once(*[tap] * 8)

    assert codes(results) == ["ok"] * 8
    assert {result.voucher.digits for result in results} == {Voucher.objects.get().digits}
    assert available(points.person(city.citizen.pk), city.programme) == 500
    assert stock_left(reward=reward, market=city.market) == 99


def test_control_without_one_key_the_same_taps_buy_twice(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 100)
    give_points(city.citizen, city.programme)

    def tap() -> Redemption:
        return actions.redeem(
            key=uuid.uuid4(),
            user=city.citizen,
            reward_id=reward.pk,
            market_id=city.market.pk,
            by=city.citizen,
        )

    assert codes(all_at_once(tap, tap)) == ["ok", "ok"]
    assert Voucher.objects.count() == 2


def test_the_last_unit_tapped_twice_is_answered_twice_with_the_same_voucher(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 1)
    give_points(city.citizen, city.programme)
    tap = partial(
        actions.redeem,
        key=uuid.uuid4(),
        user=city.citizen,
        reward_id=reward.pk,
        market_id=city.market.pk,
        by=city.citizen,
    )

    first, second = all_at_once(tap, tap)

    assert first.pk == second.pk == Redemption.objects.get().pk


def test_points_for_one_buy_one_whatever_the_hurry(city: City) -> None:
    reward = on_shelf(make_reward(city.programme, points=1000), city.market, 100)
    give_points(city.citizen, city.programme)

    def tap() -> Redemption:
        return actions.redeem(
            key=uuid.uuid4(),
            user=city.citizen,
            reward_id=reward.pk,
            market_id=city.market.pk,
            by=city.citizen,
        )

    assert sorted(codes(all_at_once(*[tap] * 8))) == ["not_enough"] * 7 + ["ok"]
    assert stock_left(reward=reward, market=city.market) == 99


def test_deliveries_corrections_and_redemptions_at_once_add_up(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 20)
    people = [make_resident() for _each in range(16)]
    for person in people:
        give_points(person, city.programme)
    buys = [
        partial(
            actions.redeem,
            key=uuid.uuid4(),
            user=person,
            reward_id=reward.pk,
            market_id=city.market.pk,
            by=person,
        )
        for person in people
    ]
    deliver = partial(actions.receive_stock, reward=reward, market=city.market, units=5, by=None)
    take_out = partial(deliver, units=-1, kind="correction")

    assert codes(all_at_once(*buys, *[deliver] * 4, *[take_out] * 4)) == ["ok"] * 24
    assert stock_left(reward=reward, market=city.market) == 20 + 20 - 4 - 16
    assert audit_stock().wrong == []


def test_one_delivery_sent_twice_at_once_counts_once(city: City) -> None:
    reward = on_shelf(make_reward(city.programme), city.market, 1)
    send = partial(
        actions.receive_stock,
        reward=reward,
        market=city.market,
        units=5,
        by=city.manager,
        key=uuid.uuid4(),
        at=timezone.now(),
    )

    assert codes(all_at_once(*[send] * 4)) == ["ok"] * 4
    assert stock_left(reward=reward, market=city.market) == 6
