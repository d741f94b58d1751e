"""The legs of the story that spend points: the tablet in the market, and the merchant's stall."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from accounts.models import User
from points import queries as points
from points.holders import person
from rewards.models import KioskDevice, Redemption, Reward, Voucher
from rewards.states import VoucherState
from tests.journeys import steps
from tests.journeys.browsers import Browsers
from tests.makers import City
from tests.rewards import shop


# --- 7. The tablet ---
def stock_the_shelf(city: City) -> None:
    """Vouchers, one bag of rice, oil that is gone, and something that is too dear."""
    more: list[tuple[Reward, int]] = [
        (shop.make_reward(city.programme, order=1), 5),
        (shop.make_goods(city.programme, order=2), 1),
        (shop.make_goods(city.programme, name="1 斤食用油", points=200, picture="oil", order=3), 1),
        (shop.make_goods(city.programme, name="菜篮", points=2000, picture="basket", order=4), 3),
    ]
    for reward, units in more:
        shop.on_shelf(reward, city.market, units)
    shop.give_points(city.stranger, city.programme)
    shop.buy(city, Reward.objects.get(name="1 斤食用油"), user=city.stranger)


def bind_the_tablet(manager: Page, tablet: Page, city: City, browsers: Browsers) -> None:
    tablet.goto("/kiosk/")
    expect(tablet.get_by_role("heading", level=1)).to_have_text("这台平板还没有绑定市场")
    browsers.look(tablet, "tablet unbound")
    tablet.get_by_role("link", name="输入绑定码").click()

    steps.open_list(manager, "自助平板")
    manager.get_by_role("link", name="增加").first.click()
    manager.get_by_label("名称").fill("入口")
    market = manager.get_by_label("市场")
    assert market.locator("option").all_inner_texts()[1:] == [city.market.name]  # no other's
    market.select_option(label=city.market.name)
    browsers.look(manager, "desk new tablet")
    manager.get_by_role("button", name="保存", exact=True).click()
    manager.get_by_role("link", name="入口", exact=True).click()
    dialog = steps.open_dialog(manager, "生成绑定码")
    steps.confirm(dialog, "显示绑定码")
    expect(dialog).to_contain_text("只显示这一次")
    expect(dialog.get_by_role("button", name="显示绑定码")).to_be_hidden()  # nor another at once
    code = dialog.locator("#dialog-form p").first.inner_text()
    browsers.look(manager, "desk binding code")

    tablet.get_by_label("请输入平板绑定码").fill(code)
    tablet.get_by_role("button", name="绑定这台平板").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("您好！请输入会员码")
    expect(tablet.locator(".kiosk__market")).to_contain_text(city.market.name)
    browsers.look(tablet, "tablet welcome")
    device = KioskDevice.objects.get()
    assert (device.market, device.issued_by) == (city.market, city.manager)
    assert device.bound_at
    assert device.binding_hash is None


def redeem_at_the_tablet(
    tablet: Page, phone: Page, city: City, resident: User, browsers: Browsers
) -> Voucher:
    shop.give_points(resident, city.programme)
    digits = steps.member_code(phone)
    browsers.look(phone, "member code")
    steps.step_up(tablet, digits)
    expect(tablet.locator(".kiosk-purse")).to_contain_text("1020")
    expect(tablet.get_by_role("article").filter(has_text="1 斤食用油")).to_contain_text("暂时兑完")
    browsers.look(tablet, "tablet shelf")
    tablet.get_by_role("link", name="50 元菜券").click()
    expect(tablet.get_by_text("520")).to_be_visible()
    browsers.look(tablet, "tablet confirm")
    tablet.get_by_role("button", name="确认兑换，扣 500 分").dblclick()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("兑换成功，这是您的核销码")
    browsers.look(tablet, "tablet slip")

    redemption = Redemption.objects.get(user=resident)  # one, though pressed twice
    voucher = Voucher.objects.get(redemption=redemption)
    assert steps.shown_digits(tablet) == voucher.digits
    assert steps.qr_on(tablet.locator(".slip .code__frame")) == (
        f"{browsers.site}/verify/{voucher.token}/"
    )
    tablet.reload()  # shows the same slip
    assert steps.shown_digits(tablet) == voucher.digits
    assert (redemption.reward.name, redemption.points) == ("50 元菜券", 500)
    assert redemption.kiosk == KioskDevice.objects.get()
    assert redemption.transfer.points == 500
    assert points.available(person(resident.pk), city.programme) == 520
    return voucher


def the_last_one_and_too_few(
    tablet: Page, phone: Page, city: City, resident: User, browsers: Browsers
) -> None:
    tablet.get_by_role("link", name="再换一样").click()
    tablet.get_by_role("link", name="菜篮").click()
    expect(tablet.get_by_text("还差 1480 分。")).to_be_visible()
    expect(tablet.get_by_role("button", name="确认兑换")).to_have_count(0)
    browsers.look(tablet, "tablet too few")
    tablet.get_by_role("link", name="返回列表").click()

    tablet.get_by_role("link", name="1 斤大米").click()
    confirm = tablet.get_by_role("button", name="确认兑换，扣 100 分")
    expect(confirm).to_be_visible()
    shop.buy(city, Reward.objects.get(name="1 斤大米"), user=city.stranger)  # the last one
    confirm.click()
    expect(tablet.get_by_text("抱歉，刚刚兑完了。")).to_be_visible()
    expect(tablet.get_by_text("没有扣您的积分")).to_be_visible()
    expect(tablet.get_by_text("兑换后剩")).to_have_count(0)
    browsers.look(tablet, "tablet gone")
    assert points.available(person(resident.pk), city.programme) == 520

    tablet.get_by_role("button", name="结束").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("您好！请输入会员码")
    tablet.go_back()  # to the next person nothing is left of this one
    expect(tablet.get_by_role("heading", level=1)).to_have_text("您好！请输入会员码")
    expect(tablet.get_by_text("上次的操作已经结束")).to_be_visible()
    browsers.look(tablet, "tablet cleared")
    assert Redemption.objects.filter(user=resident).count() == 1


# --- 8. The merchant ---
def accept_at_the_stall(page: Page, city: City, voucher: Voucher, browsers: Browsers) -> None:
    page.goto("/merchant/")
    steps.sign_in_by_phone(page, str(city.merchant_owner.phone))
    page.get_by_label("请输入券上的 8 位数字").fill(voucher.digits)
    browsers.look(page, "merchant")
    page.get_by_role("button", name="查验").click()
    card = page.get_by_role("article")
    expect(card).to_contain_text("50 元")
    expect(card).to_contain_text("***8888")
    until = voucher.valid_until
    expect(card).to_contain_text(f"{until.year}-{until.month}-{until.day}")
    browsers.look(page, "merchant check")
    page.get_by_role("button", name="接受，收 50 元").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("核销成功")
    browsers.look(page, "merchant accepted")

    page.get_by_role("link", name="下一张").click()
    expect(page.get_by_role("listitem").filter(has_text="50 元菜券")).to_contain_text("A-12 号摊")
    page.get_by_label("请输入券上的 8 位数字").fill(voucher.digits)
    page.get_by_role("button", name="查验").click()
    again = re.compile(r"这张券您已于 \d\d:\d\d 在 A-12 号摊核销过了。")
    expect(page.get_by_text(again)).to_be_visible()
    expect(page.get_by_role("button", name="接受")).to_have_count(0)
    browsers.look(page, "merchant again")

    voucher.refresh_from_db()
    assert voucher.state == VoucherState.USED
    assert (voucher.used_by, voucher.used_stall) == (city.merchant, city.stall)
    assert voucher.accepted_by == city.merchant_owner


def see_it_used(page: Page, voucher: Voucher, browsers: Browsers) -> None:
    page.goto("/me/")
    page.get_by_role("link", name="我的券").click()
    page.get_by_role("link", name="50 元菜券").click()
    expect(page.get_by_text("A-12 号摊")).to_be_visible()
    expect(page.get_by_text("已核销").first).to_be_visible()
    browsers.look(page, "voucher used")
