"""Take the README's pictures from a running demo city: docs/pictures/take.py http://127.0.0.1:8000

Needs Playwright and Pillow (requirements/test.txt) and a Chromium: CHROMIUM names it, otherwise
the one Playwright brings. The demo's people and their codes come from its development pages.
"""

import io
import os
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
MOST_BYTES = 250_000
# A picture further down, or hidden, is not loaded.
LOADED = """[...document.images].every(it => it.complete || !it.checkVisibility()
  || it.getBoundingClientRect().top > innerHeight)"""
PHONE, DESK, TABLET = (390, 844), (1280, 800), (1080, 1920)


def main(site: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        citizen = _open(browser, site, PHONE)
        _sign_in(citizen, "/me/", "市民李女士")
        citizen.goto("/")
        keep(citizen, "home.png")
        desk = _open(browser, site, DESK)
        _sign_in_as_staff(desk, "市场管理员")
        take_report(citizen)
        take_desk(desk)
        take_kiosk(_open(browser, site, TABLET), desk, citizen)
        browser.close()


def take_report(citizen: Page) -> None:
    """The newest of her reports that was fixed."""
    citizen.goto("/me/reports/")
    row = citizen.locator(".rows__row").filter(has_text="已办结").first
    row.get_by_role("link").click()
    citizen.wait_for_url("**/report/*-*/")
    keep(citizen, "report.png")


def take_desk(desk: Page) -> None:
    """A report that waits for the manager to compare before and after."""
    desk.goto("/admin/")
    desk.get_by_role("link", name="待核查").click()
    desk.locator("#result_list a[href*='/change/']").first.click()
    desk.locator(".sheet-pair img").first.wait_for()
    keep(desk, "desk.png")


def take_kiosk(tablet: Page, desk: Page, citizen: Page) -> None:
    """Bind the tablet by a code from the desk, and step up to it with the code of the phone."""
    desk.goto("/admin/rewards/kioskdevice/")
    desk.locator("#result_list a[href*='/change/']").first.click()
    desk.get_by_role("link", name="生成绑定码").click()
    desk.get_by_role("button", name="显示绑定码").click()
    binding = desk.locator("#dialog-form[data-answered] p").first.inner_text()
    tablet.goto("/kiosk/bind/")
    tablet.locator("#code").fill(binding)
    tablet.get_by_role("button", name="绑定这台平板").click()
    tablet.get_by_role("heading", name="您好！请输入会员码").wait_for()
    citizen.goto("/me/code/")
    digits = citizen.locator(".code__digits").get_attribute("aria-label") or ""
    tablet.locator("#code").fill(digits)
    tablet.get_by_role("button", name="确定", exact=True).click()
    tablet.wait_for_url("**/kiosk/shelf/")
    keep(tablet, "kiosk.png")


def keep(page: Page, name: str) -> None:
    """What the window shows, with as few colours as fit into MOST_BYTES."""
    page.wait_for_load_state("load")
    page.wait_for_function(LOADED)
    page.evaluate("document.fonts.ready.then(() => null)")
    page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64):
        small = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(HERE / name, optimize=True)
        if (HERE / name).stat().st_size <= MOST_BYTES:
            break
    sys.stdout.write(f"{name}: {(HERE / name).stat().st_size // 1000} kB\n")


def _open(browser: Browser, site: str, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        base_url=site,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    return context.new_page()


def _part(page: Page, who: str) -> str:
    """What that person types to sign in."""
    page.goto("/dev/people/")
    card = page.locator("article").filter(has=page.get_by_role("heading", name=who, exact=True))
    return card.locator("code").inner_text()


def _sign_in(page: Page, path: str, who: str) -> None:
    phone = _part(page, who)
    page.goto(path)
    page.get_by_label("手机号").fill(phone.removeprefix("+86"))
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_role("heading", name="输入验证码").wait_for()
    messages = page.context.new_page()
    messages.goto("/dev/sms/")
    body = messages.locator("article").first.inner_text()
    messages.close()
    code = re.search(r"\b[0-9]{6}\b", body)
    if code is None:
        sys.exit(f"no code among the messages: {body}")
    page.get_by_label("6 位验证码").fill(code[0])
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"**{path}")


def _sign_in_as_staff(page: Page, who: str) -> None:
    username, password = _part(page, who).split(" / ")
    page.goto("/accounts/staff/?next=/admin/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="下一步").click()
    people = page.context.new_page()
    people.goto("/dev/people/")
    code = people.locator(".code__digits").first.inner_text()
    people.close()
    page.get_by_label("应用里的验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/admin/")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"))
