"""The whole story in real browsers: a photo at a stall becomes a voucher that a merchant takes.

Everybody goes through their own door with their own browser; a real worker does what follows.
After each leg stands what the person sees, and then what was written down.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import signal
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.crypto import keyed_hash
from accounts.models import Sms, User
from points import queries as points
from points.calendar import expiry_of
from points.models import Bucket, Transfer
from reports.models import Order, Photo, Report
from reports.states import State
from rewards.queries import audit_stock
from tests import camera
from tests.journeys import steps
from tests.journeys.browsers import DESK, PHONE, TALL_TABLET, WIDE_TABLET, Browsers, Size
from tests.journeys.spending import (
    accept_at_the_stall,
    bind_the_tablet,
    redeem_at_the_tablet,
    see_it_used,
    stock_the_shelf,
    the_last_one_and_too_few,
)
from tests.makers import City
from tests.processes import Worker, wait_until
from tests.reports.helpers import verbs

pytestmark = pytest.mark.browser

NEW_PHONE = "+8610077778888"
WORDS = "菜摊占了半条过道，推车过不去。"


@pytest.mark.parametrize(
    ("size", "tablet_size"),
    [
        pytest.param(PHONE, TALL_TABLET, id="390x844"),
        pytest.param(DESK, WIDE_TABLET, id="1280x800"),
    ],
)
def test_the_whole_story(
    browsers: Browsers, city: City, worker: Worker, settings: Any, size: Size, tablet_size: Size
) -> None:
    citizen, manager = browsers.open("citizen", size), browsers.open("manager", size)
    register_at_a_stall(citizen, city, worker, settings)
    report = send_with_two_photos(citizen, city, worker, browsers)
    verify_in_the_admin(manager, browsers.open("other manager", size), city, report, browsers)
    first, second = browsers.open("handler", size), browsers.open("second handler", size)
    grab_and_finish(first, second, city, report, browsers)
    compare_and_close(manager, city, report, browsers)
    see_the_points(citizen, report, browsers)

    stock_the_shelf(city)
    tablet = browsers.open("tablet", tablet_size)
    bind_the_tablet(manager, tablet, city, browsers)
    voucher = redeem_at_the_tablet(tablet, citizen, city, report.reporter, browsers)
    the_last_one_and_too_few(tablet, citizen, city, report.reporter, browsers)
    accept_at_the_stall(browsers.open("merchant", size), city, voucher, browsers)
    see_it_used(citizen, voucher, browsers)
    let_points_expire(citizen, report.reporter, browsers)


# --- 1. A number that nobody knew ---
def register_at_a_stall(page: Page, city: City, worker: Worker, settings: Any) -> None:
    page.goto(f"/s/{city.stall_code}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A-12")
    expect(page.get_by_text("老王蔬菜").first).to_be_visible()
    page.get_by_role("link", name="报问题").click()

    settings.DEBUG = True  # a development copy shows its messages on a page
    steps.ask_for_code(page, "100 7777 8888")
    assert not User.objects.get(phone_hash=keyed_hash(NEW_PHONE, purpose="phone")).phone_verified_at
    worker.said("短信 → ***8888: 验证码 ")
    with page.context.expect_page() as messages:
        page.get_by_role("link", name="查看短信").click()
    newest = messages.value.get_by_role("article").first
    expect(newest).to_contain_text("***8888")
    code = newest.locator(".code__digits").inner_text()
    messages.value.close()
    settings.DEBUG = False

    steps.type_code(page, code)
    expect(page.get_by_role("heading", level=1)).to_have_text("报问题")
    expect(page).to_have_url(re.compile(rf"/report/\?stall={city.stall_code}$"))
    citizen = User.objects.get(phone_hash=keyed_hash(NEW_PHONE, purpose="phone"))
    assert citizen.phone_verified_at
    assert not citizen.is_staff
    assert Sms.objects.get().kind == Sms.Kind.CODE


# --- 2. and 3. Two photos, sent once ---
def send_with_two_photos(page: Page, city: City, worker: Worker, browsers: Browsers) -> Report:
    """Sent over and over and received once; the pictures come by themselves."""
    rotated = camera.photo(3, orientation=6, position=(30.6418, 104.0435))
    near = steps.attach(page, "近景", steps.jpeg_file(rotated))
    steps.expect_upright(near.get_by_role("img"))
    wide = steps.attach(page, "远景", steps.heic_file())
    expect(wide).to_contain_text("IMG_2043.HEIC")
    expect(wide.locator("img")).to_be_visible()  # a sign where the browser cannot draw it
    steps.choose_type(page, "市场秩序", "占道经营")
    steps.words_field(page).fill(WORDS)
    browsers.look(page, "form filled")

    worker.send(signal.SIGSTOP)  # so that the page is certainly there before the pictures are
    # The answer to the first sending is lost on the way; then the same form, pressed twice.
    assert page.locator("[data-report-form]").evaluate(steps.SEND_AND_LOSE_THE_ANSWER)
    page.get_by_role("button", name="提交", exact=True).dblclick()
    number = steps.number_of(page)
    expect(steps.timeline(page).first).to_contain_text("待受理")
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.get_by_text("照片正在处理")).to_have_count(2)
    page.reload()
    expect(page.get_by_text("照片正在处理")).to_have_count(2)
    browsers.look(page, "report waiting")

    page.evaluate("window.sameDocument = true")
    worker.send(signal.SIGCONT)
    pictures = page.locator(".report-photos img")
    expect(pictures).to_have_count(2, timeout=60_000)
    for picture in pictures.all():
        steps.expect_upright(picture)
    assert page.evaluate("window.sameDocument")  # nobody reloaded
    browsers.look(page, "report ready")

    report = Report.objects.get()
    assert (report.number, report.state) == (number, State.SUBMITTED)
    assert (report.market, report.stall) == (city.market, city.stall)
    assert (report.merchant, report.category) == (city.merchant, city.category)
    assert report.words == WORDS
    assert verbs(report) == ["submit"]
    photos = list(Photo.objects.order_by("slot"))
    assert [(each.kind, each.status) for each in photos] == [("near", "ready"), ("wide", "ready")]
    assert photos[0].latitude == pytest.approx(30.6418, abs=1e-4)  # kept as evidence only
    return report


# --- 4. The manager ---
def verify_in_the_admin(
    page: Page, stranger: Page, city: City, report: Report, browsers: Browsers
) -> None:
    page.goto("/admin/")
    steps.sign_in_as_staff(page, city.manager)
    tile = page.get_by_role("link", name="待受理")
    expect(tile).to_contain_text("1")
    browsers.look(page, "desk")
    tile.click()
    browsers.look(page, "desk list")
    page.get_by_role("link", name=report.number).click()
    for picture in page.locator(".sheet-photos img").all():
        steps.expect_upright(picture)
    expect(page.get_by_text(WORDS)).to_be_visible()
    browsers.look(page, "desk report")
    dialog = steps.open_dialog(page, "受理")
    expect(dialog).to_contain_text("受理这份上报")
    browsers.look(page, "desk dialog")
    steps.confirm(dialog, "受理")
    expect(page.get_by_text("已受理，正在派单。")).to_be_visible()

    stranger.goto("/admin/")
    steps.sign_in_as_staff(stranger, city.other_manager)
    expect(stranger.get_by_role("link", name="待受理")).to_contain_text("0")
    answer = stranger.goto(page.url)
    assert answer
    assert answer.status == 404
    expect(stranger.get_by_text(report.number)).to_have_count(0)
    browsers.look(stranger, "other market")

    assert verbs(report)[:2] == ["submit", "accept"]
    assert report.moves.get(verb="accept").by == city.manager


# --- 5. The department ---
def grab_and_finish(
    first: Page, second: Page, city: City, report: Report, browsers: Browsers
) -> None:
    wait_until(lambda: Order.objects.filter(report=report).exists(), what="it is dispatched")
    for page, handler in ((first, city.handler), (second, city.second_handler)):
        page.goto("/orders/")
        steps.sign_in_as_staff(page, handler)
        expect(page.get_by_role("heading", name="占道经营")).to_be_visible()
    browsers.look(first, "orders")
    first.get_by_role("button", name="抢单").click()
    expect(first.get_by_text("抢单成功")).to_be_visible()
    second.get_by_role("button", name="抢单").click()
    expect(second.get_by_text("这单已被 handler 抢走")).to_be_visible()
    expect(second.get_by_text("现在没有待抢的单子")).to_be_visible()
    browsers.look(second, "orders too late")

    order = Order.objects.get()
    assert (order.department, order.handler) == (city.department, city.handler)
    assert order.rule == city.rule
    assert order.taken_at
    report.refresh_from_db()
    assert report.state == State.IN_PROGRESS
    assert report.respond_due_at
    assert report.resolve_due_at
    assert verbs(report) == ["submit", "accept", "dispatch", "take"]

    steps.attach(first, "处理后", steps.jpeg_file(camera.photo(5, orientation=3)))
    steps.words_field(first, "做了什么").fill("已让商户收回摊位，过道通了。")
    browsers.look(first, "order")
    first.get_by_role("button", name="已处置完成").click()
    expect(first.get_by_text("辛苦了")).to_be_visible()
    after = Photo.objects.get(kind=Photo.Kind.AFTER)
    wait_until(lambda: Photo.objects.get(pk=after.pk).status == Photo.Status.READY, what="ready")
    first.reload()
    steps.expect_upright(first.locator("main img").last)
    browsers.look(first, "order finished")
    report.refresh_from_db()
    assert report.state == State.CHECKING
    assert verbs(report)[-1] == "finish"


# --- 6. Closed, and thanked ---
def compare_and_close(page: Page, city: City, report: Report, browsers: Browsers) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name="待核查").click()
    page.get_by_role("link", name=report.number).click()
    pair = page.locator(".sheet-pair img")
    expect(pair).to_have_count(3)
    for picture in pair.all():
        steps.expect_upright(picture)
    browsers.look(page, "desk compare")
    steps.confirm(steps.open_dialog(page, "已处置，办结"), "办结")
    expect(page.get_by_text("已办结，积分已发给")).to_be_visible()
    report.refresh_from_db()
    assert report.state == State.CLOSED
    assert report.is_public
    assert report.moves.get(verb="close").by == city.manager


def see_the_points(page: Page, report: Report, browsers: Browsers) -> None:
    page.reload()
    expect(page.get_by_text("您获得 20 积分")).to_be_visible()
    expect(steps.timeline(page).last).to_contain_text("已办结")
    browsers.look(page, "report closed")
    page.get_by_role("link", name="我的积分").click()
    row = page.locator(".rows__row")
    expect(row).to_have_count(1)
    expires_on = expiry_of(timezone.localdate(), 12)
    expect(row).to_contain_text("问题属实")
    expect(row).to_contain_text("+20")
    expect(row).to_contain_text(f"{expires_on.year}年{expires_on.month}月{expires_on.day}日 到期")
    browsers.look(page, "points")

    award = Transfer.objects.get()
    assert (award.points, award.source) == (20, f"report:{report.number}")
    assert award.expires_on == expires_on
    assert Bucket.objects.get().remaining == 20


# --- 9. The night ---
def let_points_expire(page: Page, resident: User, browsers: Browsers) -> None:
    far = expiry_of(timezone.localdate(), 12) + dt.timedelta(days=1)
    first, second = io.StringIO(), io.StringIO()
    call_command("expire_points", on=far, ahead=True, stdout=first)
    assert first.getvalue().startswith("1220 points in 2 buckets of 2 accounts")  # 520 and 700
    written = Transfer.objects.count()
    call_command("expire_points", on=far, ahead=True, stdout=second)
    assert second.getvalue().startswith("0 points in 0 buckets of 0 accounts")
    assert Transfer.objects.count() == written

    page.goto("/me/points/")
    expect(page.locator(".stat").first).to_contain_text(re.compile(r"^\s*0\s*分"))
    newest = page.locator(".rows__row").first
    expect(newest).to_contain_text("积分到期")
    expect(newest).to_contain_text("−520")
    browsers.look(page, "points expired")
    assert points.audit().wrong == []
    assert audit_stock().wrong == []
