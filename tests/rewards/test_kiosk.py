"""The tablet through its own door: bound, stepped up to, redeemed at, left; and its refusals."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actions import issue_member_code
from accounts.models import MemberCode
from points import actions as points
from points.queries import available
from rewards import actions
from rewards.actions.kiosks import LOCKED_FOR, VISIT_IDLE, VISIT_MOST
from rewards.errors import RewardsRefused
from rewards.models import KioskDevice, KioskVisit, Redemption, Stock
from rewards.queries import stock_left
from tests.makers import City, make_city
from tests.rewards.shop import (
    bound_tablet,
    buy,
    give_points,
    make_goods,
    make_reward,
    on_shelf,
    step_up,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
PAGES = ["/kiosk/", "/kiosk/shelf/", "/kiosk/reward/1/", f"/kiosk/slip/{uuid.uuid4()}/"]


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


@pytest.fixture
def tablet(city: City) -> Client:
    return bound_tablet(city.market, city.manager)[0]


def confirm(tablet: Client, reward: Any, **more: Any) -> Any:
    given = {"key": str(uuid.uuid4()), "points": str(reward.points)}
    return tablet.post(f"/kiosk/reward/{reward.pk}/", given | more)


class TestBinding:
    def test_an_unbound_tablet_is_told_so_everywhere(self, city: City) -> None:
        for page in PAGES:
            answer = Client().get(page)
            assert answer.status_code == 403
            assert "这台平板还没有绑定市场" in answer.content.decode()
        for page in ("/kiosk/", "/kiosk/leave/", "/kiosk/reward/1/"):
            assert Client().post(page, {"code": "12345678"}).status_code == 403

    def test_no_session_of_anybody_makes_a_tablet(self, city: City) -> None:
        for person in (city.manager, city.citizen):
            assert signed_in(person).get("/kiosk/").status_code == 403

    def test_the_cookies_are_kept_from_scripts_and_other_sites(self, city: City) -> None:
        tablet, device = bound_tablet(city.market, city.manager)
        step_up(tablet, city.citizen)

        for name in ("kiosk", "kiosk_visit"):
            cookie = tablet.cookies[name]
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
                True,
                "Strict",
                "/kiosk/",
            )
        assert device.token_hash != tablet.cookies["kiosk"].value
        assert settings.SESSION_COOKIE_NAME not in tablet.cookies

    def test_a_code_binds_one_tablet_once(self, city: City) -> None:
        device = actions.make_kiosk(market=city.market, name="入口", by=city.manager)
        code = actions.issue_binding_code(device_id=device.pk, by=city.manager)
        typed = f" {code[:4].lower()}-{code[4:]} "

        assert Client().post("/kiosk/bind/", {"code": typed}).status_code == 303
        again = Client().post("/kiosk/bind/", {"code": code})
        assert again.status_code == 422
        assert "绑定码不对，或者已过十分钟" in again.content.decode()

    def test_a_code_lasts_ten_minutes_and_a_new_one_ends_it(self, city: City) -> None:
        device = actions.make_kiosk(market=city.market, name="入口", by=city.manager)
        issued = timezone.now()
        first = actions.issue_binding_code(device_id=device.pk, by=city.manager, at=issued)
        late = issued + timedelta(minutes=10)

        with pytest.raises(RewardsRefused, match="unknown_binding"):
            actions.bind_kiosk(code=first, at=late)
        second = actions.issue_binding_code(device_id=device.pk, by=city.manager, at=issued)
        with pytest.raises(RewardsRefused, match="unknown_binding"):
            actions.bind_kiosk(code=first, at=issued)
        assert actions.bind_kiosk(code=second, at=issued)[0] == device

    @pytest.mark.parametrize("typed", ["", "    ", "0" * 400, "'; drop table", "23456789"])
    def test_what_is_no_code(self, typed: str) -> None:
        assert Client().post("/kiosk/bind/", {"code": typed}).status_code == 422

    def test_a_revoked_tablet_stops_at_once(self, city: City) -> None:
        tablet, device = bound_tablet(city.market, city.manager)
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)

        actions.revoke_kiosk(device_id=device.pk, by=city.manager)

        for answer in (tablet.get("/kiosk/"), tablet.get("/kiosk/shelf/"), confirm(tablet, reward)):
            assert answer.status_code == 403
            assert "这台平板已停用" in answer.content.decode()
        assert not Redemption.objects.exists()
        assert not KioskVisit.objects.filter(ended_at=None).exists()
        with pytest.raises(RewardsRefused, match="kiosk_revoked"):
            actions.issue_binding_code(device_id=device.pk, by=city.manager)
        with pytest.raises(RewardsRefused, match="kiosk_revoked"):
            actions.identify(device=device, typed="12345678")

    def test_a_second_tablet_in_its_place_ends_the_first(self, city: City) -> None:
        first, device = bound_tablet(city.market, city.manager)
        step_up(first, city.citizen)
        code = actions.issue_binding_code(device_id=device.pk, by=city.manager)
        assert first.get("/kiosk/shelf/").status_code == 200  # until the code is used

        second = Client()
        second.post("/kiosk/bind/", {"code": code})

        assert first.get("/kiosk/").status_code == 403
        assert second.get("/kiosk/").status_code == 200


class TestSteppingUp:
    def test_the_code_of_the_phone_opens_the_shelf(self, city: City, tablet: Client) -> None:
        answer = step_up(tablet, city.citizen)

        assert (answer.status_code, answer["Location"]) == (303, "/kiosk/shelf/")
        page = tablet.get("/kiosk/shelf/").content.decode()
        assert "1000" in page
        assert "李**" in page
        assert "李女士" not in page
        assert "分可用到" in page
        assert city.market.name in page

    @pytest.mark.parametrize(
        "typed", ["{0}", " {0} ", "{a} {b}", "http://127.0.0.1:8000/kiosk/?code={0}"]
    )
    def test_typed_or_scanned(self, city: City, tablet: Client, typed: str) -> None:
        digits = issue_member_code(user=city.citizen).digits
        text = typed.format(digits, a=digits[:4], b=digits[4:])

        assert tablet.post("/kiosk/", {"code": text})["Location"] == "/kiosk/shelf/"

    def test_a_tap_sent_twice_steps_up_once(self, city: City, tablet: Client) -> None:
        digits = issue_member_code(user=city.citizen).digits

        for _each in range(2):
            assert tablet.post("/kiosk/", {"code": digits})["Location"] == "/kiosk/shelf/"
        assert KioskVisit.objects.count() == 1
        assert tablet.get("/kiosk/shelf/").status_code == 200

    def test_a_code_works_once_and_not_on_another_tablet(self, city: City, tablet: Client) -> None:
        other, _device = bound_tablet(city.market, city.manager, name="出口")
        digits = issue_member_code(user=city.citizen).digits
        tablet.post("/kiosk/", {"code": digits})

        answer = other.post("/kiosk/", {"code": digits})

        assert answer["Location"] == "/kiosk/?no=wrong_code&left=4"
        assert "会员码不对，或者已经过期" in other.get(answer["Location"]).content.decode()

    def test_wrong_expired_and_used_are_one_sentence(self, city: City, tablet: Client) -> None:
        code = issue_member_code(user=city.citizen)
        MemberCode.objects.filter(pk=code.pk).update(expires_at=timezone.now())
        expired = tablet.post("/kiosk/", {"code": code.digits})["Location"]
        unknown = tablet.post("/kiosk/", {"code": "00000000"})["Location"]

        assert expired == "/kiosk/?no=wrong_code&left=4"
        assert unknown == "/kiosk/?no=wrong_code&left=3"
        assert "还可以再试 4 次" in tablet.get(expired).content.decode()

    @pytest.mark.parametrize("typed", ["", "1234", "123456789", "abcdefgh", "x" * 301])
    def test_not_eight_digits_is_no_try(self, city: City, tablet: Client, typed: str) -> None:
        answer = tablet.post("/kiosk/", {"code": typed})

        assert answer["Location"] == "/kiosk/?no=kiosk_mistyped"
        assert "会员码是 8 位数字" in tablet.get(answer["Location"]).content.decode()
        assert KioskDevice.objects.get().wrong_codes == 0

    def test_five_wrong_codes_close_this_tablet_for_a_minute(
        self, city: City, tablet: Client
    ) -> None:
        other, _device = bound_tablet(city.market, city.manager, name="出口")
        for _each in range(5):
            answer = tablet.post("/kiosk/", {"code": "00000000"})
        assert answer["Location"] == "/kiosk/?no=kiosk_locked"
        page = tablet.get("/kiosk/").content.decode()
        assert "输错次数太多了" in page
        assert "秒再试" in page

        right = issue_member_code(user=city.citizen).digits
        assert tablet.post("/kiosk/", {"code": right})["Location"] == "/kiosk/?no=kiosk_locked"
        assert not MemberCode.objects.get(digits=right).used_at
        assert other.post("/kiosk/", {"code": right})["Location"] == "/kiosk/shelf/"

        device = KioskDevice.objects.get(name="入口")
        again = issue_member_code(user=city.citizen).digits
        later = timezone.now() + LOCKED_FOR
        assert actions.identify(device=device, typed=again, at=later)[0].user == city.citizen

    def test_a_right_code_forgets_the_wrong_ones(self, city: City, tablet: Client) -> None:
        for _each in range(4):
            tablet.post("/kiosk/", {"code": "00000000"})
        step_up(tablet, city.citizen)

        assert KioskDevice.objects.get().wrong_codes == 0

    def test_a_scanned_address_fills_the_field_and_no_more(
        self, city: City, tablet: Client
    ) -> None:
        code = issue_member_code(user=city.citizen)

        page = tablet.get(f"/kiosk/?code={code.digits}").content.decode()

        assert f'value="{code.digits}"' in page
        code.refresh_from_db()
        assert code.used_at is None


class TestLeaving:
    def test_nothing_is_left(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)
        tablet.cookies["size"] = "large"

        answer = tablet.post("/kiosk/leave/", follow=True)

        assert answer.redirect_chain == [("/kiosk/", 303)]
        assert "李" not in answer.content.decode()
        assert tablet.cookies["kiosk_visit"].value == ""
        assert tablet.cookies["size"].value == ""
        assert KioskVisit.objects.get().ended_at is not None
        for page in ("/kiosk/shelf/", f"/kiosk/reward/{reward.pk}/"):
            assert tablet.get(page)["Location"] == "/kiosk/?no=timed_out"
        assert confirm(tablet, reward)["Location"] == "/kiosk/?no=timed_out"
        assert not Redemption.objects.exists()

    def test_the_first_page_alone_ends_a_visit(self, city: City, tablet: Client) -> None:
        step_up(tablet, city.citizen)
        old = tablet.cookies["kiosk_visit"].value

        tablet.get("/kiosk/")
        tablet.cookies["kiosk_visit"] = old  # somebody who kept it

        assert tablet.get("/kiosk/shelf/")["Location"] == "/kiosk/?no=timed_out"

    def test_left_alone_it_times_out_and_says_so(self, city: City, tablet: Client) -> None:
        step_up(tablet, city.citizen)
        KioskVisit.objects.update(expires_at=timezone.now())

        answer = tablet.get("/kiosk/shelf/", follow=True)

        assert "上次的操作已经结束" in answer.content.decode()

    def test_every_page_prolongs_it_up_to_a_limit(self, city: City, tablet: Client) -> None:
        step_up(tablet, city.citizen)
        visit = KioskVisit.objects.get()
        soon = visit.started_at + VISIT_IDLE / 2

        actions.prolong_visit(visit=visit, at=soon)
        visit.refresh_from_db()
        assert visit.expires_at == soon + VISIT_IDLE
        actions.prolong_visit(visit=visit, at=visit.started_at + VISIT_MOST)
        visit.refresh_from_db()
        assert visit.expires_at == visit.started_at + VISIT_MOST

    def test_the_next_person_ends_the_visit_before(self, city: City, tablet: Client) -> None:
        step_up(tablet, city.citizen)
        step_up(tablet, city.stranger)

        assert list(KioskVisit.objects.filter(ended_at=None).values_list("user", flat=True)) == [
            city.stranger.pk
        ]

    def test_no_page_may_be_kept(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)
        slip = confirm(tablet, reward)["Location"]

        for page in (slip, "/kiosk/shelf/", f"/kiosk/reward/{reward.pk}/", "/kiosk/"):
            assert tablet.get(page)["Cache-Control"] == "no-store, private"

    def test_a_visit_is_no_good_on_another_tablet(self, city: City, tablet: Client) -> None:
        other, _device = bound_tablet(city.market, city.manager, name="出口")
        step_up(tablet, city.citizen)
        other.cookies["kiosk_visit"] = tablet.cookies["kiosk_visit"].value

        assert other.get("/kiosk/shelf/")["Location"] == "/kiosk/?no=timed_out"


class TestRedeeming:
    def test_confirm_slip_and_the_record(self, city: City) -> None:
        tablet, device = bound_tablet(city.market, city.manager)
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)
        page = tablet.get(f"/kiosk/reward/{reward.pk}/").content.decode()
        assert "确认兑换，扣 500 分" in page

        answer = confirm(tablet, reward)

        assert answer.status_code == 303
        done = Redemption.objects.get()
        assert (done.user, done.kiosk, done.market) == (city.citizen, device, city.market)
        slip = tablet.get(answer["Location"]).content.decode()
        digits = done.voucher.digits
        assert f"<span>{digits[:4]}</span><span>{digits[4:]}</span>" in slip
        assert "<svg" in slip
        assert "50 元菜券" in slip
        assert "再换一样（还剩 500 分）" in slip

    def test_a_double_tap_or_a_reload_is_one_voucher(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)
        key = str(uuid.uuid4())

        first, second = (confirm(tablet, reward, key=key) for _each in range(2))

        assert first["Location"] == second["Location"] == f"/kiosk/slip/{key}/"
        assert Redemption.objects.count() == 1
        for _each in range(2):
            assert tablet.get(first["Location"]).status_code == 200
        assert Redemption.objects.count() == 1

    def test_empty_stock_is_said(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 1)
        give_points(city.stranger, city.programme)
        step_up(tablet, city.citizen)
        buy(city, reward, user=city.stranger)

        answer = confirm(tablet, reward)

        assert answer["Location"] == f"/kiosk/reward/{reward.pk}/?no=sold_out"
        page = tablet.get(answer["Location"]).content.decode()
        assert "刚刚兑完了" in page
        assert "没有扣您的积分" in page
        assert "确认兑换" not in page
        assert available(points.person(city.citizen.pk), city.programme) == 1000
        assert "商品暂时都兑完了" in tablet.get("/kiosk/shelf/").content.decode()

    def test_too_few_points_says_how_many(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme, points=1250), city.market, 1)
        step_up(tablet, city.citizen)

        answer = confirm(tablet, reward)

        page = tablet.get(answer["Location"]).content.decode()
        assert "还差 250 分" in page
        assert "确认兑换" not in page
        assert "还差 250 分" in tablet.get("/kiosk/shelf/").content.decode()

    def test_a_price_that_changed_is_asked_again(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 1)
        step_up(tablet, city.citizen)

        answer = confirm(tablet, reward, points="450")

        page = tablet.get(answer["Location"]).content.decode()
        assert "原来 450 分，现在 500 分" in page
        assert "确认兑换，扣 500 分" in page
        assert not Redemption.objects.exists()

    def test_a_frozen_account_is_said(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 1)
        points.freeze(
            holder=points.person(city.citizen.pk),
            programme=city.programme,
            by=city.supervisor,
            why="核查",
        )
        step_up(tablet, city.citizen)

        page = tablet.get(confirm(tablet, reward)["Location"]).content.decode()

        assert "正在核查" in page

    def test_only_what_this_market_has(self, city: City, tablet: Client) -> None:
        here = on_shelf(make_goods(city.programme), city.market, 5)
        there = on_shelf(make_reward(city.programme), city.other_market, 5)
        step_up(tablet, city.citizen)

        shelf = tablet.get("/kiosk/shelf/").content.decode()
        assert here.name in shelf
        assert there.name not in shelf
        answer = confirm(tablet, there)
        assert "已经下架" in tablet.get(answer["Location"]).content.decode()
        assert stock_left(reward=there, market=city.other_market) == 5

    def test_an_empty_shelf_is_said(self, city: City, tablet: Client) -> None:
        step_up(tablet, city.citizen)

        assert "这里还没有上架商品" in tablet.get("/kiosk/shelf/").content.decode()

    def test_somebody_elses_slip_is_not_there(self, city: City, tablet: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        give_points(city.stranger, city.programme)
        theirs = buy(city, reward, user=city.stranger)
        step_up(tablet, city.citizen)

        assert tablet.get(f"/kiosk/slip/{theirs.key}/").status_code == 404

    @pytest.mark.parametrize(
        "bad",
        [{"key": ""}, {"key": "x"}, {"points": "-1"}, {"points": "x"}, {"points": str(2**40)}],
    )
    def test_a_form_that_was_tampered_with(
        self, city: City, tablet: Client, bad: dict[str, str]
    ) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 5)
        step_up(tablet, city.citizen)

        assert "key_conflict" in confirm(tablet, reward, **bad)["Location"]
        assert not Redemption.objects.exists()

    def test_csrf_stays_on(self, city: City, tablet: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies["kiosk"] = tablet.cookies["kiosk"].value

        assert strict.post("/kiosk/", {"code": "12345678"}).status_code == 403
        assert strict.post("/kiosk/bind/", {"code": "12345678"}).status_code == 403
        assert KioskDevice.objects.get().wrong_codes == 0

    def test_statements_of_the_shelf(
        self, city: City, tablet: Client, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(8):
            on_shelf(make_goods(city.programme, name=f"第 {number} 样"), city.market, 5)
        step_up(tablet, city.citizen)

        with django_assert_max_num_queries(6):
            tablet.get("/kiosk/shelf/")
        assert Stock.objects.count() == 8
