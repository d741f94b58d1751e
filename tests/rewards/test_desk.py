"""The market desk: a manager's own stock, tablets and vouchers, and nobody else's."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from points import actions as points
from points.queries import available
from rewards import actions
from rewards.models import KioskDevice, Redemption, Reward, Stock, StockMove, Voucher
from rewards.queries import stock_left
from tests.makers import City, make_city
from tests.rewards.shop import buy, give_points, make_goods, make_reward, on_shelf
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


@pytest.fixture
def desk(city: City) -> Client:
    return signed_in(city.manager)


@pytest.fixture
def other_desk(city: City) -> Client:
    return signed_in(city.other_manager)


SENT = {"_form_submitted": "on"}  # what the theme's dialog adds


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:rewards_{name}", args=args)


def act(model: str, row: Any, path: str) -> str:
    return f"/admin/rewards/{model}/{row.pk}/{path}/"


class TestStock:
    @pytest.fixture
    def stock(self, city: City) -> Stock:
        on_shelf(make_reward(city.programme), city.market, 4)
        return Stock.objects.get()

    def form(self, **more: Any) -> dict[str, str]:
        return (
            SENT
            | {
                "kind": "delivery",
                "units": "20",
                "memo": "送货单 7",
                "key": str(uuid.uuid4()),
            }
            | more
        )

    def test_the_list_says_what_is_low(self, city: City, desk: Client, stock: Stock) -> None:
        on_shelf(make_goods(city.programme), city.market, 50)
        page = desk.get(url("stock_changelist")).content.decode()
        assert "不足" in page
        assert "充足" in page
        low = desk.get(url("stock_changelist"), {"left": "low"}).content.decode()
        assert "50 元菜券" in low
        assert "1 斤大米" not in low

    def test_a_delivery_with_its_record(self, city: City, desk: Client, stock: Stock) -> None:
        address = act("stock", stock, "receive")
        assert desk.get(address).status_code == 200  # the dialog; changes nothing
        assert StockMove.objects.count() == 1
        form = self.form()

        for _each in range(2):  # a second tap
            assert desk.post(address, form).status_code == 302

        assert stock_left(reward=stock.reward, market=city.market) == 24
        move = StockMove.objects.latest("id")
        assert (move.units, move.by, move.memo) == (20, city.manager, "送货单 7")

    def test_a_clerk_may_too_a_supervisor_only_looks(self, city: City, stock: Stock) -> None:
        address = act("stock", stock, "receive")
        assert signed_in(city.clerk).post(address, self.form()).status_code == 302
        supervisor = signed_in(city.supervisor)
        assert supervisor.get(url("stock_change", stock.pk)).status_code == 200
        assert supervisor.post(address, self.form()).status_code == 403
        assert stock_left(reward=stock.reward, market=city.market) == 24

    def test_a_correction_of_more_than_there_is(self, desk: Client, stock: Stock) -> None:
        answer = desk.post(
            act("stock", stock, "receive"), self.form(kind="correction", units="-5"), follow=True
        )

        assert "只剩 4 件，不能减去 5 件" in answer.content.decode()

    @pytest.mark.parametrize("bad", [{"units": ""}, {"units": "x"}, {"kind": "return"}])
    def test_a_form_that_is_wrong_comes_back(
        self, desk: Client, stock: Stock, bad: dict[str, str]
    ) -> None:
        assert desk.post(act("stock", stock, "receive"), self.form(**bad)).status_code == 200
        assert StockMove.objects.count() == 1

    def test_another_market_finds_nothing(self, other_desk: Client, stock: Stock) -> None:
        assert "50 元菜券" not in other_desk.get(url("stock_changelist")).content.decode()
        for address in (url("stock_change", stock.pk), act("stock", stock, "receive")):
            assert other_desk.get(address).status_code == 404
            assert other_desk.post(address, self.form()).status_code == 404
        assert StockMove.objects.count() == 1

    def test_offering_a_reward_in_ones_own_market_only(
        self, city: City, desk: Client, stock: Stock
    ) -> None:
        rice = make_goods(city.programme)
        form = {
            "reward": rice.pk,
            "low_at": 5,
            "is_offered": "on",
            "moves-TOTAL_FORMS": 0,
            "moves-INITIAL_FORMS": 0,
        }
        assert (
            desk.post(url("stock_add"), form | {"market": city.other_market.pk}).status_code == 200
        )
        assert desk.post(url("stock_add"), form | {"market": city.market.pk}).status_code == 302

        assert list(Stock.objects.values_list("reward", "market")) == [
            (stock.reward_id, city.market.pk),
            (rice.pk, city.market.pk),
        ]

    def test_nobody_deletes_stock(self, desk: Client, stock: Stock) -> None:
        assert desk.post(url("stock_delete", stock.pk), {"post": "yes"}).status_code == 403


class TestCatalogue:
    def test_a_supervisor_changes_it_and_it_is_kept(self, city: City) -> None:
        reward = make_reward(city.programme)
        supervisor = signed_in(city.supervisor)
        page = supervisor.get(url("reward_change", reward.pk)).content.decode()
        fields = ("kind", "name", "name_en", "note", "picture", "points", "value_fen", "valid_days")
        form = {name: getattr(reward, name) for name in fields} | {
            "programme": city.programme.pk,
            "order": 0,
            "is_active": "on",
            "points": 600,
        }

        answer = supervisor.post(url("reward_change", reward.pk), form)

        assert "50 元菜券" in page
        assert answer.status_code == 302
        reward.refresh_from_db()
        assert reward.points == 600
        assert reward.history.latest().history_user == city.supervisor

    def test_a_manager_reads_it_once(self, city: City, desk: Client) -> None:
        reward = make_reward(city.programme)

        page = desk.get(url("reward_changelist")).content.decode()

        assert len(re.findall(rf"/admin/rewards/reward/{reward.pk}/change/", page)) >= 1
        assert desk.post(url("reward_change", reward.pk), {"points": 1}).status_code == 403
        assert desk.get(url("reward_add")).status_code == 403
        assert Reward.objects.get().points == 500


class TestTablets:
    @pytest.fixture
    def device(self, city: City) -> KioskDevice:
        return actions.make_kiosk(market=city.market, name="入口", by=city.manager)

    def test_made_bound_and_taken_out_of_use(self, city: City, desk: Client) -> None:
        form = {"name": "东门", "market": city.market.pk}
        assert desk.post(url("kioskdevice_add"), form).status_code == 302
        device = KioskDevice.objects.get()
        assert (device.issued_by, device.market) == (city.manager, city.market)

        answer = desk.post(act("kioskdevice", device, "issue-code"), SENT)
        code = re.search(r"[2-9A-Z]{4} [2-9A-Z]{4}", answer.content.decode())
        assert code is not None
        assert "no-store" in answer["Cache-Control"]
        tablet = Client()
        assert tablet.post("/kiosk/bind/", {"code": code.group()}).status_code == 303
        assert tablet.get("/kiosk/").status_code == 200
        assert "已绑定" in desk.get(url("kioskdevice_changelist")).content.decode()

        answer = desk.post(act("kioskdevice", device, "revoke"), SENT)
        assert answer.status_code == 302
        assert tablet.get("/kiosk/").status_code == 403
        answer = desk.post(act("kioskdevice", device, "issue-code"), SENT)
        assert "这台平板已停用" in answer.content.decode()

    def test_looking_at_a_dialog_changes_nothing(self, desk: Client, device: KioskDevice) -> None:
        for path in ("issue-code", "revoke"):
            assert desk.get(act("kioskdevice", device, path)).status_code == 200
        device.refresh_from_db()
        assert (device.binding_hash, device.revoked_at) == (None, None)

    def test_only_by_the_manager_of_that_market(self, city: City, device: KioskDevice) -> None:
        for person, status in [
            (city.other_manager, 404),
            (city.clerk, 403),
            (city.supervisor, 403),
            (city.handler, 403),
        ]:
            client = signed_in(person)
            for path in ("issue-code", "revoke"):
                answer = client.post(act("kioskdevice", device, path), SENT)
                assert answer.status_code == status, (person, path)
        device.refresh_from_db()
        assert (device.binding_hash, device.revoked_at) == (None, None)

    def test_no_tablet_for_somebody_elses_market(self, city: City, other_desk: Client) -> None:
        form = {"name": "东门", "market": city.market.pk}

        assert other_desk.post(url("kioskdevice_add"), form).status_code == 200
        assert not KioskDevice.objects.exists()


class TestVouchers:
    @pytest.fixture
    def bought(self, city: City) -> Redemption:
        return buy(city, on_shelf(make_reward(city.programme), city.market, 3))

    def test_found_by_all_eight_digits_and_shown_by_four(
        self, desk: Client, bought: Redemption
    ) -> None:
        digits = bought.voucher.digits
        found = desk.get(url("voucher_changelist"), {"q": digits}).content.decode()
        part = desk.get(url("voucher_changelist"), {"q": digits[:4]}).content.decode()
        page = desk.get(url("voucher_change", bought.voucher.pk)).content.decode()

        assert f"…{digits[4:]}" in found
        assert f"…{digits[4:]}" not in part
        assert f"…{digits[4:]}" in page
        assert digits not in page
        assert bought.voucher.token not in page

    def test_withdrawn_with_a_reason(self, city: City, desk: Client, bought: Redemption) -> None:
        address = act("voucher", bought.voucher, "withdraw")
        assert desk.post(address, SENT | {"why": ""}).status_code == 200
        assert desk.post(address, SENT | {"why": "发错了"}).status_code == 302

        voucher = Voucher.objects.get()
        assert (voucher.state, voucher.voided_by) == ("voided", city.manager)
        assert available(points.person(city.citizen.pk), city.programme) == 1000
        assert desk.post(address, SENT | {"why": "发错了"}).status_code == 403  # no button any more

    def test_not_by_others(self, city: City, bought: Redemption) -> None:
        for person, status in [
            (city.other_manager, 404),
            (city.clerk, 403),
            (city.supervisor, 403),
        ]:
            client = signed_in(person)
            answer = client.post(act("voucher", bought.voucher, "withdraw"), SENT | {"why": "x"})
            assert answer.status_code == status
        assert Voucher.objects.get().state == "issued"

    def test_another_market_finds_nothing(self, other_desk: Client, bought: Redemption) -> None:
        assert other_desk.get(url("voucher_change", bought.voucher.pk)).status_code == 404
        assert other_desk.get(url("redemption_change", bought.pk)).status_code == 404
        page = other_desk.get(url("redemption_changelist")).content.decode()
        assert "50 元菜券" not in page

    def test_nobody_edits_a_redemption(self, desk: Client, bought: Redemption) -> None:
        assert desk.get(url("redemption_change", bought.pk)).status_code == 200
        assert "李女士" in desk.get(url("redemption_changelist")).content.decode()
        for model, row in (("redemption", bought), ("voucher", bought.voucher)):
            assert desk.post(url(f"{model}_change", row.pk), {"points": 1}).status_code == 403
            assert desk.post(url(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403
            assert desk.get(url(f"{model}_add")).status_code == 403
