"""The tablet in a real browser: left alone, without a network, with a scanner, without a script."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.actions import issue_member_code
from rewards import actions
from rewards.models import KioskVisit, Redemption
from tests.makers import City, make_city
from tests.rewards.shop import give_points, make_goods, make_reward, on_shelf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WELCOME = "您好！请输入会员码"
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def city() -> City:
    city = make_city()
    give_points(city.citizen, city.programme)
    on_shelf(make_reward(city.programme), city.market, 5)
    on_shelf(make_goods(city.programme), city.market, 5)
    return city


def bind(context: BrowserContext, site: str, city: City) -> Page:
    device = actions.make_kiosk(market=city.market, name="入口", by=city.manager)
    page = context.new_page()
    page.goto(f"{site}/kiosk/bind/")
    page.fill("#code", actions.issue_binding_code(device_id=device.pk, by=city.manager))
    page.get_by_role("button", name="绑定这台平板").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WELCOME)
    return page


@pytest.fixture
def tablet(browser: Browser, live_server: Any, city: City) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, locale="zh-CN")
    yield bind(context, live_server.url, city)
    context.close()


def step_up(tablet: Page, city: City) -> None:
    for digit in issue_member_code(user=city.citizen).digits:
        tablet.locator(f'[data-key="{digit}"]').click()
    tablet.get_by_role("button", name="确定").click()
    expect(tablet.locator(".kiosk-purse")).to_contain_text("1000")


def test_left_alone_it_asks_counts_and_wipes_itself(tablet: Page, city: City) -> None:
    tablet.clock.install()
    step_up(tablet, city)
    cover = tablet.get_by_role("alertdialog")
    expect(cover).to_be_hidden()

    tablet.clock.run_for(61_000)
    expect(cover).to_be_visible()
    tablet.get_by_role("button", name="继续使用").click()
    expect(cover).to_be_hidden()
    tablet.clock.run_for(59_000)
    expect(cover).to_be_hidden()

    tablet.clock.run_for(2_000)
    expect(cover).to_be_visible()
    tablet.clock.run_for(20_000)
    expect(tablet.get_by_role("heading", level=1)).to_have_text(WELCOME)
    assert KioskVisit.objects.get().ended_at is not None
    assert "kiosk_visit" not in {each["name"] for each in tablet.context.cookies()}

    tablet.go_back()
    expect(tablet.get_by_role("heading", level=1)).to_have_text(WELCOME)
    assert "李" not in tablet.content()


def test_a_tap_without_network_is_said_and_carried_out_when_it_is_back(
    tablet: Page, city: City
) -> None:
    step_up(tablet, city)
    tablet.get_by_role("link", name="50 元菜券").click()
    confirm = tablet.get_by_role("button", name="确认兑换")
    expect(confirm).to_be_visible()

    tablet.context.set_offline(True)
    confirm.click()
    expect(tablet.locator("[data-offline]")).to_be_visible()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("50 元菜券")
    assert not Redemption.objects.exists()

    tablet.context.set_offline(False)
    expect(tablet.get_by_role("heading", level=1)).to_have_text(
        "兑换成功，这是您的核销码", timeout=15_000
    )
    assert Redemption.objects.count() == 1


def test_left_alone_without_network_it_empties_itself_and_begins_anew(
    tablet: Page, city: City
) -> None:
    tablet.clock.install()
    step_up(tablet, city)
    tablet.context.set_offline(True)
    expect(tablet.locator("[data-offline]")).to_be_visible()

    tablet.clock.run_for(81_000)
    expect(tablet.locator(".kiosk-purse")).to_have_count(0)
    assert "李" not in tablet.locator("body").inner_text()
    expect(tablet.locator("[data-offline]")).to_be_visible()

    tablet.context.set_offline(False)
    tablet.clock.run_for(8_000)
    expect(tablet.get_by_role("heading", level=1)).to_have_text(WELCOME, timeout=15_000)


def test_a_scanner_types_the_address_and_enter(tablet: Page, city: City) -> None:
    digits = issue_member_code(user=city.citizen).digits
    tablet.locator("#code").focus()

    tablet.keyboard.type(f"https://market.example/kiosk/?code={digits}")
    tablet.keyboard.press("Enter")

    expect(tablet.locator(".kiosk-purse")).to_contain_text("1000")


def test_typed_digits_are_covered_until_they_are_asked_for(tablet: Page) -> None:
    for digit in "123456789":
        tablet.locator(f'[data-key="{digit}"]').click()
    code = tablet.locator("#code")

    expect(code).to_have_value("12345678")
    expect(code).to_have_class(re.compile("masked"))
    tablet.get_by_role("button", name="显示数字").click()
    expect(code).not_to_have_class(re.compile("masked"))
    tablet.locator('[data-key="erase"]').click()
    expect(code).to_have_value("1234567")
    tablet.locator('[data-key="clear"]').click()
    expect(code).to_have_value("")


def test_everything_works_without_a_script(browser: Browser, live_server: Any, city: City) -> None:
    context = browser.new_context(viewport=WIDE, locale="zh-CN", java_script_enabled=False)
    tablet = bind(context, live_server.url, city)

    tablet.fill("#code", issue_member_code(user=city.citizen).digits)
    tablet.get_by_role("button", name="确定").click()
    tablet.get_by_role("link", name="1 斤大米").click()
    tablet.get_by_role("button", name="确认兑换").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("兑换成功，这是您的核销码")
    tablet.get_by_role("button", name="完成，清空屏幕").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text(WELCOME)

    assert Redemption.objects.count() == 1
    context.close()


@pytest.mark.parametrize("size", [(1080, 1920), (1280, 800)])
@pytest.mark.parametrize(("large", "text"), [(False, 18), (True, 30)])
def test_letters_and_targets_are_large_enough(
    browser: Browser, live_server: Any, city: City, size: tuple[int, int], large: bool, text: int
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, locale="zh-CN")
    tablet = bind(context, live_server.url, city)
    if large:
        tablet.get_by_role("button", name="大字").click()
        expect(tablet.locator("html")).to_have_attribute("data-size", "large")
    pages = []

    def look() -> None:
        tablet.wait_for_load_state("load")  # with its style sheets
        wrong = tablet.evaluate(TOO_SMALL, text)
        wide = tablet.evaluate("document.documentElement.scrollWidth > innerWidth")
        pages.append((tablet.url, wrong, wide))

    look()
    step_up(tablet, city)
    look()
    tablet.get_by_role("link", name="50 元菜券").click()
    expect(tablet.get_by_role("button", name="确认兑换")).to_be_visible()
    look()
    tablet.get_by_role("button", name="确认兑换").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("兑换成功，这是您的核销码")
    look()

    assert [each[1:] for each in pages] == [([], False)] * 4, pages
    context.close()


TOO_SMALL = """(text) => {
  const seen = (e) => e.getClientRects().length && !e.closest(".visually-hidden");
  const wrong = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (own && seen(e) && parseFloat(getComputedStyle(e).fontSize) < text)
      wrong.push(`text ${e.textContent.trim()}`);
  }
  for (const e of document.querySelectorAll("a, button, input:not([type=hidden]), select")) {
    const box = e.getBoundingClientRect();
    if (seen(e) && (box.width < 60 || box.height < 60)) wrong.push(`target ${e.outerHTML}`);
  }
  return wrong;
}"""
