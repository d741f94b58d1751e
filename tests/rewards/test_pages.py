"""The resident's pages, the voucher check and the merchant's desk, each through its door."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone

from points import actions as points
from points.queries import available
from rewards import actions
from rewards.digits import check_digit
from rewards.models import Redemption, Voucher, WrongCodes
from tests.makers import City, make_city, make_merchant, make_stall
from tests.rewards.shop import buy, give_points, make_goods, make_reward, on_shelf
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
NOBODYS = "0000000" + check_digit("0000000")


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    return city


@pytest.fixture
def resident(city: City) -> Client:
    return signed_in(city.citizen)


@pytest.fixture
def bought(city: City) -> Redemption:
    return buy(city, on_shelf(make_reward(city.programme), city.market, 3))


@pytest.fixture
def rice(city: City) -> Redemption:
    return buy(city, on_shelf(make_goods(city.programme), city.market, 3))


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def confirm(client: Client, reward: Any, **more: Any) -> Any:
    given = {"key": str(uuid.uuid4()), "points": str(reward.points)}
    return client.post(f"/rewards/{reward.pk}/?market=yulin", given | more)


class TestCatalogue:
    def test_anyone_sees_what_a_market_offers(self, city: City) -> None:
        on_shelf(make_reward(city.programme), city.market, 3)
        on_shelf(make_goods(city.programme), city.other_market, 3)

        here = text(Client().get("/rewards/?market=yulin"))
        there = text(Client().get("/rewards/?market=hongpailou"))

        assert "50 元菜券" in here
        assert "1 斤大米" not in here
        assert "只剩 3 份" in here
        assert "登录后可以看到您有多少积分" in here
        assert "1 斤大米" in there

    def test_a_resident_sees_what_is_in_reach(self, city: City, resident: Client) -> None:
        on_shelf(make_reward(city.programme, points=1300), city.market, 30)

        page = text(resident.get("/rewards/"))

        assert "1000" in page
        assert "还差 300 分" in page or "300 分" in page
        assert "分可用到" in page

    def test_the_market_is_remembered(self, city: City) -> None:
        client = Client()
        client.get("/rewards/?market=hongpailou")

        assert 'value="hongpailou" selected' in text(client.get("/rewards/"))
        assert 'value="yulin" selected' in text(client.get("/rewards/?market=yulin"))

    def test_an_unknown_market_is_the_first(self, city: City) -> None:
        assert 'value="yulin" selected' in text(Client().get("/rewards/?market=nowhere"))

    def test_in_english(self, city: City) -> None:
        on_shelf(make_reward(city.programme), city.market, 3)

        page = text(Client(headers={"accept-language": "en"}).get("/rewards/"))

        assert "50 yuan market voucher" in page
        assert "Redeem points" in page


class TestConfirming:
    def test_three_steps(self, city: City, resident: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 30)
        page = text(resident.get(f"/rewards/{reward.pk}/?market=yulin"))
        assert "确认兑换，扣 500 分" in page
        assert "兑换后剩" in page

        answer = confirm(resident, reward)

        done = Redemption.objects.get()
        assert answer.status_code == 303
        assert answer["Location"] == f"/me/vouchers/{done.key}/?new=1"
        page = text(resident.get(answer["Location"]))
        assert done.voucher.digits[:4] in page
        assert "兑换成功" in page
        assert done.transfer.source == f"redemption:{done.key}"

    def test_twice_is_one(self, city: City, resident: Client) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 30)
        key = str(uuid.uuid4())

        first, second = (confirm(resident, reward, key=key) for _each in range(2))

        assert first["Location"] == second["Location"]
        assert Redemption.objects.count() == 1

    def test_anonymous_is_led_to_sign_in_and_back(self, city: City) -> None:
        reward = on_shelf(make_reward(city.programme), city.market, 30)

        page = text(Client().get(f"/rewards/{reward.pk}/"))
        assert "登录后兑换" in page
        answer = confirm(Client(), reward)
        assert answer["Location"].startswith("/accounts/login/?next=/rewards/")
        assert not Redemption.objects.exists()

    def test_refusals_are_sentences(self, city: City, resident: Client) -> None:
        dear = on_shelf(make_reward(city.programme, points=1200), city.market, 3)
        gone = make_goods(city.programme)
        on_shelf(gone, city.market, 1)
        give_points(city.stranger, city.programme)
        buy(city, gone, user=city.stranger)

        for reward, more, words in [
            (dear, {}, "还差 200 分"),
            (gone, {}, "刚刚兑完了"),
            (dear, {"points": "1100"}, "原来 1100 分，现在 1200 分"),
        ]:
            answer = confirm(resident, reward, **more)
            assert answer.status_code == 409
            assert words in text(answer)
        assert confirm(resident, dear, key="x").status_code == 400
        assert "还差 200 分" in text(resident.get(f"/rewards/{dear.pk}/"))
        assert "暂时兑完" in text(resident.get(f"/rewards/{gone.pk}/"))
        assert available(points.person(city.citizen.pk), city.programme) == 1000

    def test_what_is_not_offered_here_is_not_there(self, city: City, resident: Client) -> None:
        there = on_shelf(make_reward(city.programme), city.other_market, 3)

        assert resident.get(f"/rewards/{there.pk}/?market=yulin").status_code == 404
        assert confirm(resident, there).status_code == 409
        assert resident.get("/rewards/999999/").status_code == 404


class TestMyVouchers:
    def test_only_mine(self, city: City, bought: Redemption, resident: Client) -> None:
        assert "50 元菜券" in text(resident.get("/me/vouchers/"))
        stranger = signed_in(city.stranger)
        assert "还没有券" in text(stranger.get("/me/vouchers/"))
        for client in (stranger, signed_in(city.manager), signed_in(city.merchant_owner)):
            assert client.get(f"/me/vouchers/{bought.key}/").status_code == 404
        for page in ("/me/vouchers/", f"/me/vouchers/{bought.key}/"):
            assert Client().get(page)["Location"].startswith("/accounts/login/")

    def test_the_qr_code_leads_to_the_check(
        self, city: City, bought: Redemption, resident: Client, settings: Any
    ) -> None:
        settings.PUBLIC_ORIGIN = "https://market.example"

        page = resident.get(f"/me/vouchers/{bought.key}/").content.decode()

        assert read_qr(page) == f"https://market.example/verify/{bought.voucher.token}/"

    def test_each_state_says_itself(self, city: City, resident: Client) -> None:
        reward = on_shelf(make_reward(city.programme, points=100), city.market, 9)
        used, old, gone, fresh = (buy(city, reward) for _each in range(4))
        actions.accept_voucher(
            token=used.voucher.token, merchant=city.merchant, by=city.merchant_owner
        )
        actions.withdraw_voucher(voucher_id=gone.voucher.pk, by=city.manager, why="发错了")
        day = timezone.localdate() - timedelta(days=1)
        Voucher.objects.filter(pk=old.voucher.pk).update(valid_until=day)

        for done, words in [
            (used, "A-12 号摊"),
            (old, "已过期"),
            (gone, "发错了"),
            (gone, "100 分已退还给您"),
            (fresh, "请商户扫码"),
        ]:
            assert words in text(resident.get(f"/me/vouchers/{done.key}/")), words
        page = text(resident.get("/me/vouchers/"))
        assert page.index(str(fresh.key)) < page.index(str(old.key))
        assert all(word in page for word in ("已核销", "已过期", "已撤回", "可使用"))


class TestVerifying:
    def test_anyone_learns_that_it_is_genuine_and_nothing_about_its_owner(
        self, city: City, bought: Redemption
    ) -> None:
        page = text(Client().get(f"/verify/{bought.voucher.token}/"))

        assert "这张券是真的" in page
        assert "可使用" in page
        assert "李" not in page
        assert city.citizen.phone_last4 not in page.replace(bought.voucher.token, "")
        assert bought.voucher.digits[:4] + " " not in page
        assert "接受" not in page

    def test_the_owner_sees_no_button_either(
        self, city: City, bought: Redemption, resident: Client
    ) -> None:
        assert "接受" not in text(resident.get(f"/verify/{bought.voucher.token}/"))
        assert resident.post(f"/verify/{bought.voucher.token}/").status_code == 403

    def test_an_address_that_belongs_to_none(self, city: City) -> None:
        for token in ("x" * 22, "1", "%E4%B8%AD"):
            answer = Client().get(f"/verify/{token}/")
            assert answer.status_code == 404
            assert "没有这张券" in text(answer)
        assert Client().post("/verify/xxxxxxxxxxxxxxxxxxxxxx/").status_code == 404

    def test_nobody_takes_it_without_signing_in(self, city: City, bought: Redemption) -> None:
        answer = Client().post(f"/verify/{bought.voucher.token}/")

        assert answer["Location"].startswith("/accounts/login/")
        assert Voucher.objects.get().state == "issued"


class TestMerchant:
    @pytest.fixture
    def merchant(self, city: City) -> Client:
        return signed_in(city.merchant_owner)

    def find(self, merchant: Client, typed: str) -> Any:
        return merchant.post("/merchant/", {"code": typed})

    def test_who_may_come_in(self, city: City, resident: Client) -> None:
        assert Client().get("/merchant/")["Location"].startswith("/accounts/login/")
        for person in (city.citizen, city.handler, city.supervisor):
            answer = signed_in(person).get("/merchant/")
            assert answer.status_code == 403
            assert "这个页面供商户使用" in text(answer)
        for person in (city.merchant_owner, city.clerk, city.manager):
            assert signed_in(person).get("/merchant/").status_code == 200
        assert signed_in(city.clerk, strong=False).get("/merchant/").status_code == 302

    def test_type_take_and_the_total_of_today(
        self, city: City, bought: Redemption, merchant: Client
    ) -> None:
        digits = bought.voucher.digits
        answer = self.find(merchant, f" {digits[:4]}-{digits[4:]} ")
        assert answer.status_code == 303
        page = text(merchant.get(answer["Location"]))
        assert "接受，收 50 元" in page
        assert "李**" in page
        assert "李女士" not in page

        answer = merchant.post(answer["Location"])

        assert answer["Location"] == f"/merchant/accepted/{bought.voucher.token}/"
        page = text(merchant.get(answer["Location"]))
        assert "核销成功" in page
        assert "A-12 号摊" in page
        page = text(merchant.get("/merchant/"))
        assert "+50 元" in page
        assert "今天 1 张" in page

    @pytest.mark.parametrize("shape", ["{0}", "１２", "https://x.example/verify/{1}/"])
    def test_full_width_or_scanned(
        self, city: City, bought: Redemption, merchant: Client, shape: str
    ) -> None:
        digits = bought.voucher.digits
        wide = digits.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
        typed = wide if shape == "１２" else shape.format(digits, bought.voucher.token)

        assert self.find(merchant, typed)["Location"] == f"/verify/{bought.voucher.token}/"

    def test_a_second_tap_succeeds_and_says_so(
        self, city: City, bought: Redemption, merchant: Client
    ) -> None:
        address = f"/verify/{bought.voucher.token}/"
        merchant.post(address)

        answer = merchant.post(address)

        assert answer["Location"] == f"/merchant/accepted/{bought.voucher.token}/?again=1"
        page = text(merchant.get(answer["Location"]))
        assert "您刚刚已经收过这张券了" in page

    def test_a_second_try_says_when_and_where(
        self, city: City, bought: Redemption, merchant: Client
    ) -> None:
        _neighbour, her = make_merchant(make_stall(city.market, "A-13"), "陈姐豆腐")
        merchant.post(f"/verify/{bought.voucher.token}/")
        when = timezone.localtime(Voucher.objects.get().used_at).strftime("%H:%M")

        other = signed_in(her)
        page = text(other.get(self.find(other, bought.voucher.digits)["Location"]))
        answer = other.post(f"/verify/{bought.voucher.token}/")

        for words in (page, text(answer)):
            assert f"这张券已于 {when} 在 A-12 号摊核销。" in words
        assert answer.status_code == 409
        assert "接受，收" not in page
        own = text(merchant.get(f"/verify/{bought.voucher.token}/"))
        assert f"这张券您已于 {when} 在 A-12 号摊核销过了" in own
        assert other.get(f"/merchant/accepted/{bought.voucher.token}/").status_code == 404

    def test_a_merchant_of_another_market(self, city: City, bought: Redemption) -> None:
        other = signed_in(city.other_merchant_owner)

        page = text(other.get(f"/verify/{bought.voucher.token}/"))
        answer = other.post(f"/verify/{bought.voucher.token}/")

        assert "只能在玉林综合市场使用" in page
        assert "接受，收" not in page
        assert answer.status_code == 409
        assert Voucher.objects.get().state == "issued"

    def test_which_of_several_stalls(
        self, city: City, bought: Redemption, merchant: Client
    ) -> None:
        from markets.models import Tenancy

        second = make_stall(city.market, "A-20")
        Tenancy.objects.create(
            stall=second, merchant=city.merchant, days=(timezone.localdate(), None)
        )
        assert "在哪个摊位核销" in text(merchant.get(f"/verify/{bought.voucher.token}/"))

        merchant.post(f"/verify/{bought.voucher.token}/", {"stall": second.pk})

        assert Voucher.objects.get().used_stall == second

    def test_wrong_codes(self, city: City, merchant: Client) -> None:
        mistyped = self.find(merchant, "12345678")
        assert (mistyped.status_code, "多半是输错了" in text(mistyped)) == (422, True)
        for typed in ("", "x" * 301, "'; --"):
            assert self.find(merchant, typed).status_code == 422
        assert not WrongCodes.objects.exists()
        for _each in range(10):
            unknown = self.find(merchant, NOBODYS)
        assert (unknown.status_code, "没有这张券" in text(unknown)) == (404, True)
        stopped = self.find(merchant, NOBODYS)
        assert (stopped.status_code, "输错的次数太多了" in text(stopped)) == (429, True)

    def test_expired_and_withdrawn(self, city: City, bought: Redemption, merchant: Client) -> None:
        day = timezone.localdate() - timedelta(days=1)
        Voucher.objects.update(valid_until=day)
        address = f"/verify/{bought.voucher.token}/"
        assert "已到期" in text(merchant.get(address))
        assert merchant.post(address).status_code == 409
        Voucher.objects.update(valid_until=day + timedelta(days=9), valid_from=day)
        actions.withdraw_voucher(voucher_id=bought.voucher.pk, by=city.manager, why="发错")
        assert "撤回" in text(merchant.get(address))
        assert "撤回" in text(merchant.post(address))

    def test_goods_at_the_service_desk(
        self, city: City, rice: Redemption, merchant: Client
    ) -> None:
        address = f"/verify/{rice.voucher.token}/"
        assert "请到玉林综合市场服务台领取" in text(merchant.get(address))
        assert merchant.post(address).status_code == 409

        clerk = signed_in(city.clerk)
        assert "确认交付" in text(clerk.get(address))
        answer = clerk.post(address)

        assert "已交付" in text(clerk.get(answer["Location"]))
        assert Voucher.objects.get().accepted_by == city.clerk
        assert "服务台领取" in text(signed_in(city.manager).post(address))

    def test_a_desk_elsewhere_hands_over_nothing(
        self, city: City, rice: Redemption, bought: Redemption
    ) -> None:
        other = signed_in(city.other_manager)

        for done in (rice, bought):
            address = f"/verify/{done.voucher.token}/"
            assert other.post(address).status_code == 409
            assert "确认交付" not in text(other.get(address))
        assert not Voucher.objects.filter(state="used").exists()

    def test_a_desk_without_the_second_factor_sees_what_anyone_sees(
        self, city: City, rice: Redemption
    ) -> None:
        half = signed_in(city.clerk, strong=False)

        page = text(half.get(f"/verify/{rice.voucher.token}/"))

        assert "李**" not in page
        assert half.post(f"/verify/{rice.voucher.token}/").status_code == 302
        assert Voucher.objects.get().state == "issued"


def read_qr(page: str) -> str:
    """Draw the page's QR code from its SVG and read it as a camera would."""
    import re

    from PIL import Image, ImageDraw

    svg = page[page.index("<svg xmlns") :]
    size = int(re.search(r'viewBox="0 0 (\d+) \d+"', svg).group(1))
    path = re.search(r'<path[^>]* d="([^"]+)"', svg).group(1)
    image = Image.new("L", (size * 8, size * 8), 255)
    draw = ImageDraw.Draw(image)
    x = y = 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            width = float(first)
            draw.rectangle([x * 8, (y - 0.5) * 8, (x + width) * 8 - 1, (y + 0.5) * 8 - 1], fill=0)
            x += width
    (found,) = zxingcpp.read_barcodes(image)
    return found.text
