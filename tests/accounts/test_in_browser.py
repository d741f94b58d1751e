"""Signing in and the member code as a person with a phone meets them."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import MemberCode
from tests.signing_in import code_sent_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "10055500001"


def test_from_a_page_that_asks_for_sign_in_to_that_page(live_server, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.clock.install()
    page.goto(f"{live_server.url}/me/code/")
    page.get_by_label("手机号").fill(NUMBER)
    page.get_by_role("button", name="获取验证码").click()

    expect(page.get_by_label("6 位验证码")).to_be_focused()
    again = page.get_by_role("button", name="重新发送")
    expect(again).to_be_disabled()
    page.clock.fast_forward(61_000)
    expect(again).to_be_enabled()
    expect(again).to_have_text("重新发送")

    page.get_by_label("6 位验证码").fill(code_sent_to(f"+86{NUMBER}"))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(f"{live_server.url}/me/code/")
    expect(page.locator("[data-left]")).to_contain_text("还剩")
    assert complaints == []


def test_the_member_code_renews_itself(live_server, page: Page) -> None:
    page.clock.install()
    page.goto(f"{live_server.url}/me/code/")
    page.get_by_label("手机号").fill(NUMBER)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("6 位验证码").fill(code_sent_to(f"+86{NUMBER}"))
    page.get_by_role("button", name="登录", exact=True).click()
    digits = page.locator(".code__digits")
    expect(page.locator("[data-left]")).to_contain_text("还剩")
    first = digits.inner_text()

    # Away from the network when it ends: it says so, and comes back by itself.
    MemberCode.objects.update(expires_at=timezone.now())
    page.route("**/me/code/?part=1", lambda route: route.abort())
    page.clock.fast_forward(121_000)
    expect(page.locator("[data-left]")).to_contain_text("网络断开了")
    page.unroute("**/me/code/?part=1")
    page.clock.fast_forward(5_000)
    expect(page.locator("[data-left]")).to_contain_text("还剩")
    assert digits.inner_text() != first

    second = digits.inner_text()
    page.get_by_role("button", name="换一个").click()
    expect(digits).not_to_have_text(second)
