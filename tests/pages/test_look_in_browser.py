"""The style guide in a real browser: it fits, targets are large, the scripts do their work."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.pages.look_urls"),
]

# The box a finger meets: a link that covers its card or row counts as that card or row.
TARGETS = """() => {
  const wide = '.rows__title, .card__title a, .reward__name a';
  const bad = [];
  for (const one of document.querySelectorAll('a, button, select, textarea, input')) {
    const inText = one.tagName === 'A' && !one.className && one.closest('p, li, dd');
    const away = one.closest('dialog:not([open])') || one.type === 'hidden';
    if (away || one.classList.contains('skip') || (inText && !one.matches(wide))) continue;
    let it = one;
    if (one.matches(wide)) it = one.closest('.rows__row, .card, .reward');
    else if (one.closest('label')) it = one.closest('label');
    const box = it.getBoundingClientRect();
    const name = `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 12)}`;
    if (box.width && (box.width < LEAST - 0.5 || box.height < LEAST - 0.5))
      bad.push(`${name} ${Math.round(box.width)}x${Math.round(box.height)}`);
  }
  return bad;
}"""

SMALLEST = """() => {
  let least = 999;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && at.getClientRects().length)
      least = Math.min(least, parseFloat(getComputedStyle(at).fontSize));
  }
  return least;
}"""


def opened(
    browser: Browser, url: str, *, width: int, height: int, large: bool
) -> tuple[Page, list[str]]:
    """The page, and what the browser complained of while it loaded."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    if large:
        context.add_cookies([{"name": "size", "value": "large", "url": url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(url, wait_until="load")
    return page, complaints


@pytest.mark.parametrize(
    ("query", "width", "height", "large", "target", "text"),
    [
        ("", 320, 640, False, 44, 12),
        ("", 390, 844, False, 44, 12),
        ("", 390, 844, True, 44, 18),
        ("", 1280, 800, False, 44, 12),
        ("", 1280, 800, True, 44, 18),
        ("?kiosk", 1080, 1920, False, 60, 18),
        ("?kiosk", 1080, 1920, True, 60, 30),
        ("?kiosk", 1280, 800, False, 60, 18),
        ("?kiosk", 1280, 800, True, 60, 30),
    ],
)
def test_fits_and_is_large_enough(
    browser: Browser, live_server, query, width, height, large, target, text
) -> None:
    page, complaints = opened(
        browser, f"{live_server.url}/dev/look/{query}", width=width, height=height, large=large
    )
    try:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TARGETS.replace("LEAST", str(target))) == []
        assert page.evaluate(SMALLEST) >= text
        assert complaints == []  # the Content-Security-Policy speaks here
    finally:
        page.context.close()


def test_keypad_fills_and_dialog_opens(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/dev/look/")
    keys = page.locator("[data-keypad-for=pin]")
    for key in "4082":
        keys.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("#pin")).to_have_value("4082")
    keys.get_by_role("button", name="删一位").click()
    expect(page.locator("#pin")).to_have_value("408")
    for key in "123456":
        keys.get_by_role("button", name=key, exact=True).click()
    expect(page.locator("#pin")).to_have_value("40812345")  # eight at most
    keys.get_by_role("button", name="清空").click()
    expect(page.locator("#pin")).to_have_value("")

    page.get_by_role("link", name="不予受理").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="取消").click()
    expect(page.locator("#sample-dialog")).to_be_hidden()


def test_without_script_the_dialog_is_a_section(browser: Browser, live_server) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live_server.url}/dev/look/")
    expect(page.locator("#sample-dialog")).to_be_visible()
    expect(page.locator("[data-keypad-for=pin]")).to_be_hidden()
    context.close()


def test_chosen_photo_fills_its_slot(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/dev/look/")
    slot = page.locator("[data-photo-slot]").first
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
    )
    slot.locator("input[type=file]").set_input_files(
        {"name": "stall.png", "mimeType": "image/png", "buffer": png}
    )
    expect(slot).to_have_class(re.compile("field__slot--filled"))
    expect(slot.get_by_role("button", name=re.compile("换一张"))).to_be_visible()
    slot.get_by_role("button", name=re.compile("删除")).click()
    expect(slot).not_to_have_class(re.compile("field__slot--filled"))
    assert slot.locator("input[type=file]").evaluate("i => i.files.length") == 0

    slot.locator("input[type=file]").set_input_files(
        {"name": "IMG_0001.HEIC", "mimeType": "image/heic", "buffer": b"not drawn here"}
    )
    expect(slot.locator("[data-photo-name]")).to_have_text("IMG_0001.HEIC")
    sign = slot.locator("img")  # so that the slot does not look empty
    expect(sign).to_have_attribute("src", re.compile(r"/photo-received\.svg$"))
    expect(sign).to_have_js_property("naturalWidth", 160)

    slot.locator("input[type=file]").set_input_files(
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    )
    expect(slot.locator("[data-photo-name]")).to_have_text("notes.jpg")
    expect(slot.locator("img")).to_have_count(0)


def _page_with(page: Page, live_server, body: str, *scripts: str) -> None:
    """A page of the site's own origin that holds just these parts."""
    tags = "".join(
        f'<script type="module" src="/static/js/{name}.js"></script>' for name in scripts
    )
    html = f"<!doctype html><html lang=zh-Hans><body>{body}{tags}</body></html>"
    page.route(
        "**/dev/parts/",
        lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"),
    )
    page.goto(f"{live_server.url}/dev/parts/")


def test_a_form_is_sent_once(page: Page, live_server) -> None:
    sent: list[str] = []

    def take(route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(status=204)  # the browser stays on the page

    page.route("**/dev/take/", take)
    _page_with(
        page,
        live_server,
        '<form method="post" action="/dev/take/" data-busy-words="正在提交…">'
        '<button name="choice" value="yes">发送</button></form>',
        "submit-once",
    )
    button = page.locator("button")
    with page.expect_request("**/dev/take/"):
        page.evaluate("() => { const b = document.querySelector('button'); b.click(); b.click(); }")
    expect(button).to_have_text("正在提交…")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.evaluate("document.querySelector('form').requestSubmit()")
    assert sent == ["choice=yes"]

    page.evaluate(
        "document.querySelector('form').dispatchEvent("
        "new Event('submit-once:release', {bubbles: true}))"
    )
    expect(button).to_have_text("发送")


def test_poll_waits_for_the_answer_and_stops(page: Page, live_server) -> None:
    answers = [
        '<div id="p" data-poll-url="/dev/poll/" data-pending>正在处理</div>',
        None,  # the server was away for a moment
        '<div id="p" data-poll-url="/dev/poll/"><img alt="ready"></div>',
    ]
    asked: list[int] = []

    def answer(route) -> None:
        said = answers[min(len(asked), 2)]
        asked.append(1)
        if said is None:
            route.fulfill(status=503, body="")
        else:
            route.fulfill(body=said, content_type="text/html; charset=utf-8")

    page.route("**/dev/poll/", answer)
    page.clock.install()
    _page_with(page, live_server, answers[0] or "", "poll")
    for wait in (2100, 2100, 4100):
        with page.expect_response("**/dev/poll/"):
            page.clock.run_for(wait)
    expect(page.get_by_alt_text("ready")).to_have_count(1)
    page.clock.run_for(60_000)
    assert len(asked) == 3


def test_a_tablet_left_alone_is_cleared(page: Page, live_server) -> None:
    page.clock.install()
    page.goto(f"{live_server.url}/dev/look/?kiosk")
    cover = page.locator("[data-idle]")
    page.clock.run_for(59_000)
    expect(cover).to_be_hidden()
    page.clock.run_for(2_000)
    expect(cover).to_be_visible()
    page.get_by_role("button", name="继续使用").click()
    expect(cover).to_be_hidden()
    page.clock.run_for(61_000)
    expect(cover).to_be_visible()
    before = page.evaluate("history.length")
    with page.expect_navigation():
        page.clock.run_for(20_000)
    assert page.evaluate("history.length") == before


def test_clock_turns_amber_then_late(page: Page, live_server) -> None:
    page.clock.install(time=dt.datetime.fromtimestamp(1000, tz=dt.UTC))
    _page_with(
        page,
        live_server,
        '<span class="clock" data-clock><time data-due="4600" data-since="1000"'
        ' data-left-minutes="还剩 {n} 分钟" data-late-minutes="超时 {n} 分钟"></time></span>',
        "countdown",
    )
    clock = page.locator("[data-clock]")
    expect(clock).to_have_text("还剩 60 分钟")
    expect(clock).to_have_class(re.compile("clock--ok"))
    page.clock.run_for(49 * 60_000)
    expect(clock).to_have_text("还剩 11 分钟")
    expect(clock).to_have_class(re.compile("clock--amber"))
    page.clock.run_for(14 * 60_000)
    expect(clock).to_have_text("超时 3 分钟")
    expect(clock).to_have_class(re.compile("clock--late"))


def test_a_lost_network_says_so(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/dev/look/?kiosk")
    sign = page.locator("[data-offline]")
    expect(sign).to_be_hidden()
    page.context.set_offline(True)
    expect(sign).to_be_visible()
    page.context.set_offline(False)
    expect(sign).to_be_hidden()
