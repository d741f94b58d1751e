"""Every page of the story fits both sizes, says its language, and complains of nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from accounts.actions import issue_member_code
from reports import tasks
from reports.models import Order, Photo, Report
from reports.states import State
from rewards.actions import accept_voucher, issue_binding_code, make_kiosk, revoke_kiosk
from rewards.models import Reward, Voucher
from tests import camera
from tests.journeys import steps
from tests.journeys.browsers import DESK, PHONE, TALL_TABLET, WIDE_TABLET, Browsers, Size
from tests.makers import City
from tests.reports import helpers
from tests.rewards import shop

pytestmark = pytest.mark.browser

SIZES = [pytest.param(PHONE, id="390x844"), pytest.param(DESK, id="1280x800")]

# What a page must be, wherever it is shown; each broken rule in words.
JUDGE = """() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(
      it => it.getBoundingClientRect().right > innerWidth + 1);
    const names = wide.slice(0, 3).map(it => `${it.tagName}.${it.className}`);
    wrong.push(`${root.scrollWidth} wide: ${names.join(' ')}`);
  }
  if (root.lang.toLowerCase() !== 'zh-hans') wrong.push(`lang=${root.lang}`);
  const titles = [...document.querySelectorAll('h1')].filter(it => it.getClientRects().length);
  if (titles.length !== 1) wrong.push(`${titles.length} h1`);
  if (!document.title.trim()) wrong.push('no title');
  for (const picture of document.images)
    if (picture.complete && !picture.naturalWidth) wrong.push(`broken ${picture.src}`);
  return wrong;
}"""
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return 'nothing';
  const look = getComputedStyle(at);
  const outlined = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
  return outlined || look.boxShadow !== 'none' ? '' : `${at.tagName}.${at.className}`;
}"""


def look_at(page: Page, name: str, *, strict: bool = True) -> list[str]:
    """What is wrong with the page as it stands, each line beginning with the name."""
    wrong: list[str] = page.evaluate(JUDGE)
    for step in range(4 if strict else 0):  # the skip link, and the first that follow it
        page.keyboard.press("Tab")
        unseen = page.evaluate(FOCUS)
        if unseen == "nothing" and step:
            break  # a page of a few targets: once around
        if unseen:
            wrong.append(f"focus not seen: {unseen}")
    return [f"{name}: {words}" for words in wrong]


def judge_all(page: Page, *addresses: str, strict: bool = True) -> list[str]:
    """What is wrong with the pages at these addresses; strict ones have the public policy."""
    wrong = []
    for address in addresses:
        answer = page.goto(address)
        assert answer
        policy = answer.headers.get("content-security-policy", "")
        if strict and ("unsafe" in policy or "default-src 'none'" not in policy):
            wrong.append(f"{address}: policy {policy!r}")
        wrong += look_at(page, address, strict=strict)
    return wrong


@dataclass
class Shown:
    """What there is to look at."""

    report: dict[str, Report]
    reward: Reward
    usable: Voucher
    used: Voucher


@pytest.fixture
def shown(city: City) -> Shown:
    """Reports at the steps that people wait at, points, and vouchers, one of them used."""
    states = (State.SUBMITTED, State.REFUSED, State.DISPATCHED, State.IN_PROGRESS, State.CLOSED)
    reports = {
        state: helpers.brought_to(state, city, photos=[helpers.new_photo(seed=at)])
        for at, state in enumerate(states, 1)
    }
    shop.give_points(city.citizen, city.programme)
    reward = shop.on_shelf(shop.make_reward(city.programme), city.market, 9)
    usable, used = (shop.buy(city, reward).voucher for _ in range(2))
    accept_voucher(
        token=used.token, merchant=city.merchant, by=city.merchant_owner, stall=city.stall
    )
    return Shown(reports, reward, usable, used)


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_residents_and_merchants(
    browsers: Browsers, city: City, shown: Shown, size: Size
) -> None:
    stranger = browsers.open("stranger", size)
    closed = shown.report[State.CLOSED].number
    wrong = judge_all(
        stranger,
        "/",
        f"/s/{city.stall_code}/",
        "/s/NOSUCHCODE/",
        "/accounts/login/",
        "/accounts/staff/",
        f"/report/{closed}/",  # published
        f"/report/{shown.report[State.SUBMITTED].number}/",  # not theirs: 404
        "/rewards/",
        f"/rewards/{shown.reward.pk}/",
        f"/verify/{shown.usable.token}/",
        "/volunteer/",
    )
    stranger.goto("/accounts/login/")
    steps.ask_for_code(stranger, "100 5555 6666")
    wrong += look_at(stranger, "code")

    citizen = browsers.open("citizen", size, user=city.citizen)
    mine = [f"/report/{report.number}/" for report in shown.report.values()]
    vouchers = [f"/me/vouchers/{each.redemption.key}/" for each in (shown.usable, shown.used)]
    wrong += judge_all(
        citizen,
        "/",
        "/report/",
        f"/report/?stall={city.stall_code}",
        *mine,
        *("/me/", "/me/reports/", "/me/points/", "/me/code/", "/me/vouchers/"),
        *vouchers,
        "/rewards/",
        f"/rewards/{shown.reward.pk}/",
        "/merchant/",  # for merchants, it says
        "/accounts/logout/",
    )
    merchant = browsers.open("merchant", size, user=city.merchant_owner)
    wrong += judge_all(
        merchant,
        "/merchant/",
        f"/verify/{shown.usable.token}/",
        f"/verify/{shown.used.token}/",
        f"/merchant/accepted/{shown.used.token}/",
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_staff(browsers: Browsers, city: City, shown: Shown, size: Size) -> None:
    handler = browsers.open("handler", size, user=city.handler)
    orders = [order.pk for order in Order.objects.order_by("pk")]
    wrong = judge_all(
        handler, "/orders/", "/orders/?tab=mine", "/orders/?tab=today", "/accounts/2fa/"
    )
    wrong += judge_all(handler, *(f"/orders/{order}/" for order in orders))

    device = make_kiosk(market=city.market, name="入口", by=city.manager)
    manager = browsers.open("manager", size, user=city.manager)
    wrong += judge_all(
        manager,
        "/admin/",
        "/admin/reports/report/",
        *(f"/admin/reports/report/{report.pk}/change/" for report in shown.report.values()),
        "/admin/rewards/stock/",
        "/admin/rewards/voucher/",
        f"/admin/rewards/kioskdevice/{device.pk}/change/",
        strict=False,  # the theme's policy is its own
    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "size",
    [pytest.param(TALL_TABLET, id="1080x1920"), pytest.param(WIDE_TABLET, id="1280x800")],
)
def test_pages_of_the_tablet(browsers: Browsers, city: City, shown: Shown, size: Size) -> None:
    tablet = browsers.open("tablet", size)
    wrong = judge_all(tablet, "/kiosk/", "/kiosk/bind/")
    device = make_kiosk(market=city.market, name="入口", by=city.manager)
    tablet.get_by_label("请输入平板绑定码").fill(
        issue_binding_code(device_id=device.pk, by=city.manager)
    )
    tablet.get_by_role("button", name="绑定这台平板").click()
    steps.step_up(tablet, issue_member_code(user=city.citizen).digits)
    wrong += judge_all(
        tablet,
        "/kiosk/shelf/",
        f"/kiosk/reward/{shown.reward.pk}/",
        f"/kiosk/slip/{shown.usable.redemption.key}/",
        "/kiosk/",
    )
    revoke_kiosk(device_id=device.pk, by=city.manager)
    wrong += judge_all(tablet, "/kiosk/")
    assert not wrong, "\n".join(wrong)


# --- without a script ---
@pytest.mark.parametrize("size", SIZES)
def test_a_report_without_any_script(browsers: Browsers, city: City, size: Size) -> None:
    page = browsers.open("citizen", size, java_script_enabled=False)
    page.goto(f"/s/{city.stall_code}/")
    page.get_by_role("link", name="报问题").click()
    steps.sign_in_by_phone(page, str(city.citizen.phone))
    expect(page.get_by_role("heading", level=1)).to_have_text("报问题")
    send = page.get_by_role("button", name="提交", exact=True)
    send.click()  # nothing is filled in yet
    problems = page.get_by_role("alert").filter(visible=True)
    expect(problems).to_contain_text("请至少放一张照片，近景最好。")
    expect(problems).to_contain_text("请选择是什么问题。")
    browsers.look(page, "no script refused")
    steps.attach(page, "近景", steps.jpeg_file(camera.photo(4, size=(1600, 1200), orientation=8)))
    steps.choose_type(page, "市场秩序", "占道经营")
    steps.words_field(page).fill("摊位摆到黄线外了。")
    send.click()
    number = steps.number_of(page)
    expect(steps.timeline(page).first).to_contain_text("待受理")
    browsers.look(page, "no script report")
    tasks.process_due_photos()
    page.reload()
    expect(page.locator(".report-photos img")).to_be_visible()
    report = Report.objects.get()
    assert (report.number, report.stall) == (number, city.stall)
    assert report.photos.get().status == Photo.Status.READY
