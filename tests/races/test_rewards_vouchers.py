"""Two hands on one voucher."""

import threading
from functools import partial

import pytest

from points import actions as points
from points.queries import available
from rewards import actions
from rewards.digits import check_digit
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Voucher, WrongCodes
from rewards.queries import audit_stock
from rewards.states import VoucherState
from tests.makers import City, make_city, make_merchant, make_stall
from tests.races.crowd import all_at_once
from tests.rewards.shop import buy, give_points, make_reward, on_shelf

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def bought(city: City) -> Redemption:
    give_points(city.citizen, city.programme)
    return buy(city, on_shelf(make_reward(city.programme), city.market, 3))


def test_two_merchants_at_once_and_one_of_them_has_it(city: City, bought: Redemption) -> None:
    neighbour, her = make_merchant(make_stall(city.market, "A-13"), "陈姐豆腐")
    token = bought.voucher.token
    accept = actions.accept_voucher

    results = all_at_once(
        partial(accept, token=token, merchant=city.merchant, by=city.merchant_owner),
        partial(accept, token=token, merchant=neighbour, by=her),
    )

    refused = [result for result in results if isinstance(result, RewardsRefused)]
    accepted = [result for result in results if isinstance(result, actions.Accepted)]
    assert (len(accepted), len(refused)) == (1, 1), results
    voucher = Voucher.objects.get()
    assert refused[0].code == "used"
    assert refused[0].params["at"] == voucher.used_at
    assert refused[0].params["where"] == voucher.used_stall
    assert accepted[0].voucher.used_by == voucher.used_by


def test_control_without_the_lock_both_merchants_have_it(city: City, bought: Redemption) -> None:
    both_have_read = threading.Barrier(2)

    def naive() -> bool:
        seen = Voucher.objects.get(pk=bought.voucher.pk)
        if seen.state != VoucherState.ISSUED:
            return False
        both_have_read.wait(10)
        seen.state, seen.used_at, seen.accepted_by = "used", bought.at, city.merchant_owner
        seen.save(update_fields=["state", "used_at", "accepted_by"])
        return True

    assert all_at_once(naive, naive) == [True, True]


def test_one_merchant_tapping_twice_is_told_once_and_again(city: City, bought: Redemption) -> None:
    tap = partial(
        actions.accept_voucher,
        token=bought.voucher.token,
        merchant=city.merchant,
        by=city.merchant_owner,
    )

    assert sorted(result.first for result in all_at_once(tap, tap)) == [False, True]


def test_withdrawn_and_accepted_at_once_is_one_of_the_two(city: City, bought: Redemption) -> None:
    results = all_at_once(
        partial(
            actions.accept_voucher,
            token=bought.voucher.token,
            merchant=city.merchant,
            by=city.merchant_owner,
        ),
        partial(
            actions.withdraw_voucher,
            voucher_id=bought.voucher.pk,
            by=city.manager,
            why="发错",
        ),
    )

    voucher = Voucher.objects.get()
    refused = [result for result in results if isinstance(result, RewardsRefused)]
    assert [each.code for each in refused] == [voucher.state], results
    left = available(points.person(city.citizen.pk), city.programme)
    assert left == (1000 if voucher.state == VoucherState.VOIDED else 500)
    assert audit_stock().wrong == []


def test_guesses_sent_at_once_are_all_counted(city: City) -> None:
    nobodys = "0000000" + check_digit("0000000")
    guess = partial(actions.look_up_voucher, typed=nobodys, by=city.merchant_owner)

    words = sorted(result.code for result in all_at_once(*[guess] * 16))

    assert words == ["too_many_tries"] * 6 + ["unknown_voucher"] * 10
    assert WrongCodes.objects.get().count == 10
