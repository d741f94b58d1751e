"""What becomes of a voucher: accepted once, by the right people, on the right days."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from points import actions as points
from points.queries import available
from rewards import actions
from rewards.digits import check_digit
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Voucher, WrongCodes
from rewards.queries import audit_stock, stock_left
from rewards.states import VoucherState
from tests.makers import City, make_city, make_merchant, make_stall
from tests.rewards.shop import buy, give_points, make_goods, make_reward, on_shelf

pytestmark = pytest.mark.django_db
NOBODYS = "0000000" + check_digit("0000000")


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


@pytest.fixture
def bought(city: City) -> Redemption:
    return buy(city, on_shelf(make_reward(city.programme), city.market, 3))


@pytest.fixture
def rice(city: City) -> Redemption:
    return buy(city, on_shelf(make_goods(city.programme), city.market, 3))


def accept(city: City, done: Redemption, **more: Any) -> actions.Accepted:
    given = {"token": done.voucher.token, "merchant": city.merchant, "by": city.merchant_owner}
    return actions.accept_voucher(**given | more)


def refused(act: Any, *args: Any, **more: Any) -> RewardsRefused:
    with pytest.raises(RewardsRefused) as caught:
        act(*args, **more)
    return caught.value


class TestAccepting:
    def test_once_with_when_where_and_by_whom(self, city: City, bought: Redemption) -> None:
        at = timezone.now()

        done = accept(city, bought, at=at)

        voucher = Voucher.objects.get()
        assert done.first
        assert (voucher.state, voucher.used_at) == (VoucherState.USED, at)
        assert (voucher.used_by, voucher.used_stall) == (city.merchant, city.stall)
        assert voucher.accepted_by == city.merchant_owner

    def test_the_same_hand_within_a_minute_is_answered_the_same(
        self, city: City, bought: Redemption
    ) -> None:
        at = timezone.now()
        accept(city, bought, at=at)

        again = accept(city, bought, at=at + timedelta(seconds=60))

        assert not again.first
        assert again.voucher.used_at == at

    def test_later_it_is_used_and_says_when_and_where(self, city: City, bought: Redemption) -> None:
        at = timezone.now()
        accept(city, bought, at=at)

        no = refused(accept, city, bought, at=at + timedelta(seconds=61))

        assert no.code == "used"
        assert no.params == {"at": at, "where": city.stall, "by_us": True}

    def test_another_merchant_is_told_where_it_was_used(
        self, city: City, bought: Redemption
    ) -> None:
        neighbour, her = make_merchant(make_stall(city.market, "A-13"), "陈姐豆腐")
        accept(city, bought)

        no = refused(accept, city, bought, merchant=neighbour, by=her)

        assert (no.code, no.params["where"], no.params["by_us"]) == ("used", city.stall, False)

    def test_a_merchant_without_a_stall_in_that_market(
        self, city: City, bought: Redemption
    ) -> None:
        no = refused(
            accept, city, bought, merchant=city.other_merchant, by=city.other_merchant_owner
        )

        assert (no.code, no.params["market"]) == ("other_market", city.market)

    def test_a_merchant_whose_tenancy_ended(self, city: City, bought: Redemption) -> None:
        day = timezone.localdate()
        tenancy = city.merchant.tenancies.get()
        tenancy.days = (day - timedelta(days=9), day)
        tenancy.save(update_fields=["days"])

        assert refused(accept, city, bought).code == "other_market"

    def test_at_the_stall_that_was_chosen_but_no_other(
        self, city: City, bought: Redemption
    ) -> None:
        assert refused(accept, city, bought, stall=city.other_stall).code == "other_market"
        assert accept(city, bought, stall=city.stall).voucher.used_stall == city.stall

    def test_somebody_who_is_not_of_that_merchant(self, city: City, bought: Redemption) -> None:
        assert refused(accept, city, bought, by=city.stranger).code == "not_member"

    def test_on_its_last_day_but_not_after(self, city: City, bought: Redemption) -> None:
        last = timezone.now() + timedelta(days=90)

        no = refused(accept, city, bought, at=last + timedelta(days=1))

        assert (no.code, no.params["until"]) == ("expired", bought.voucher.valid_until)
        assert accept(city, bought, at=last).first

    def test_not_before_its_first_day(self, city: City, bought: Redemption) -> None:
        no = refused(accept, city, bought, at=timezone.now() - timedelta(days=1))

        assert (no.code, no.params["from_day"]) == ("not_yet", bought.voucher.valid_from)

    def test_goods_are_not_taken_at_a_stall(self, city: City, rice: Redemption) -> None:
        assert refused(accept, city, rice).code == "desk_only"

    def test_an_unknown_token(self, city: City, bought: Redemption) -> None:
        assert refused(accept, city, bought, token="x" * 22).code == "unknown_voucher"


class TestServiceDesk:
    def test_a_clerk_hands_goods_over_once(self, city: City, rice: Redemption) -> None:
        at = timezone.now()

        done = actions.hand_over(token=rice.voucher.token, by=city.clerk, at=at)

        assert done.first
        voucher = Voucher.objects.get()
        assert (voucher.state, voucher.accepted_by) == (VoucherState.USED, city.clerk)
        assert (voucher.used_by, voucher.used_stall) == (None, None)
        again = actions.hand_over(token=rice.voucher.token, by=city.clerk, at=at)
        assert not again.first
        no = refused(actions.hand_over, token=rice.voucher.token, by=city.manager, at=at)
        assert (no.code, no.params["where"]) == ("used", None)

    def test_only_at_the_desk_of_that_market(self, city: City, rice: Redemption) -> None:
        for person in (city.other_manager, city.handler, city.supervisor, city.merchant_owner):
            no = refused(actions.hand_over, token=rice.voucher.token, by=person)
            assert no.code == "not_allowed"

    def test_the_desk_takes_no_voucher_for_money(self, city: City, bought: Redemption) -> None:
        no = refused(actions.hand_over, token=bought.voucher.token, by=city.clerk)

        assert no.code == "merchants_only"


class TestWithdrawing:
    def test_points_and_unit_go_back(self, city: City, bought: Redemption) -> None:
        actions.withdraw_voucher(voucher_id=bought.voucher.pk, by=city.manager, why="发错")

        voucher = Voucher.objects.get()
        assert (voucher.state, voucher.voided_by, voucher.voided_why) == (
            VoucherState.VOIDED,
            city.manager,
            "发错",
        )
        assert available(points.person(city.citizen.pk), city.programme) == 1000
        assert stock_left(reward=bought.reward, market=city.market) == 3
        assert audit_stock().wrong == []
        assert refused(accept, city, bought).code == "voided"

    def test_not_twice_not_when_used_not_by_others(self, city: City, bought: Redemption) -> None:
        withdraw = actions.withdraw_voucher
        given = {"voucher_id": bought.voucher.pk, "why": "发错"}

        for person in (city.clerk, city.other_manager, city.supervisor):
            assert refused(withdraw, by=person, **given).code == "not_allowed"
        accept(city, bought)
        assert refused(withdraw, by=city.manager, **given).code == "used"
        assert available(points.person(city.citizen.pk), city.programme) == 500

    def test_a_second_time_is_refused(self, city: City, bought: Redemption) -> None:
        given = {"voucher_id": bought.voucher.pk, "why": "发错", "by": city.manager}
        actions.withdraw_voucher(**given)

        assert refused(actions.withdraw_voucher, **given).code == "voided"
        assert available(points.person(city.citizen.pk), city.programme) == 1000


class TestLookingUp:
    def look(self, city: City, typed: str, **more: Any) -> Voucher:
        return actions.look_up_voucher(typed=typed, by=city.merchant_owner, **more)

    def test_by_digits_or_by_its_address(self, city: City, bought: Redemption) -> None:
        digits, token = bought.voucher.digits, bought.voucher.token

        for typed in (digits, f"{digits[:4]} {digits[4:]}", f"https://x.example/verify/{token}/"):
            assert self.look(city, typed) == bought.voucher

    def test_a_typing_error_is_not_counted(self, city: City) -> None:
        for _each in range(20):
            assert refused(self.look, city, "12345678").code == "mistyped"
        assert not WrongCodes.objects.exists()

    def test_the_eleventh_guess_waits_ten_minutes(self, city: City, bought: Redemption) -> None:
        at = timezone.now()
        for _each in range(10):
            assert refused(self.look, city, NOBODYS, at=at).code == "unknown_voucher"

        # Neither a wrong nor a right code is answered now: no oracle.
        for typed in (NOBODYS, bought.voucher.digits):
            no = refused(self.look, city, typed, at=at + timedelta(minutes=9))
            assert (no.code, no.params["until"]) == ("too_many_tries", at + timedelta(minutes=10))
        later = at + timedelta(minutes=10)
        assert self.look(city, bought.voucher.digits, at=later) == bought.voucher

    def test_one_persons_guesses_do_not_stop_another(self, city: City, bought: Redemption) -> None:
        for _each in range(11):
            refused(self.look, city, NOBODYS)

        found = actions.look_up_voucher(typed=bought.voucher.digits, by=city.other_merchant_owner)
        assert found == bought.voucher
