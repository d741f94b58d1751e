"""What people do at the doors, one step each: what they press, type and then see."""

from __future__ import annotations

import io
import re
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from accounts.actions import set_totp_secret
from accounts.models import User
from tests import camera
from tests.makers import PASSWORD
from tests.signing_in import TOTP_SECRET, code_sent_to, totp_now

# The middle of each corner of a picture as the browser shows it, in the order of camera.CORNERS.
CORNERS_SEEN = """picture => {
  const [wide, high] = [picture.naturalWidth, picture.naturalHeight];
  const canvas = new OffscreenCanvas(wide, high);
  const paper = canvas.getContext('2d');
  paper.drawImage(picture, 0, 0);
  const inset = Math.floor(Math.min(wide, high) / 32);
  const places = [[inset, inset], [wide - 1 - inset, inset],
    [inset, high - 1 - inset], [wide - 1 - inset, high - 1 - inset]];
  return places.map(([x, y]) => [...paper.getImageData(x, y, 1, 1).data].slice(0, 3));
}"""

SEND_AND_LOSE_THE_ANSWER = (
    "form => fetch(form.action, {method: 'POST', body: new FormData(form)}).then(it => it.ok)"
)


# --- signing in ---
def ask_for_code(page: Page, typed: str) -> None:
    """On the page of signing in: the number, as the person happens to type it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("手机号登录")
    page.get_by_label("手机号").fill(typed)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("输入验证码")


def type_code(page: Page, code: str) -> None:
    page.get_by_label("6 位验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()


def sign_in_by_phone(page: Page, phone: str) -> None:
    """With the code that was queued for that number (E.164)."""
    ask_for_code(page, phone.removeprefix("+86"))
    type_code(page, code_sent_to(phone))


def sign_in_as_staff(page: Page, user: User) -> None:
    """From the page of staff: password, then the code of the app."""
    set_totp_secret(user=user, secret=TOTP_SECRET)
    expect(page.get_by_role("heading", level=1)).to_have_text("工作人员登录")
    page.get_by_label("用户名").fill(str(user.username))
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("应用里的验证码").fill(totp_now())
    page.get_by_role("button", name="登录", exact=True).click()


# --- pictures ---
def jpeg_file(data: bytes, name: str = "IMG_0001.jpg") -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def heic_file() -> Any:
    return {"name": "IMG_2043.HEIC", "mimeType": "image/heic", "buffer": camera.heic()}


def photo_slot(page: Page, label: str) -> Locator:
    return page.locator("[data-photo-slot]").filter(has_text=label)


def attach(page: Page, label: str, file: Any) -> Locator:
    """Choose a photo for the slot of that label."""
    slot = photo_slot(page, label)
    slot.locator("input[type=file]").set_input_files(file)
    return slot


def expect_upright(picture: Locator, *, seconds: float = 20) -> None:
    """The browser has decoded it and its corners are where they were in the scene."""
    expect(picture).to_be_visible(timeout=seconds * 1000)
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("it => it.naturalWidth") > 0
    seen = picture.evaluate(CORNERS_SEEN)
    for colour, corner in zip(seen, camera.CORNERS, strict=True):
        assert all(abs(a - b) <= 40 for a, b in zip(colour, corner, strict=True)), seen


# --- reporting ---
def choose_type(page: Page, group: str, name: str) -> None:
    radio = page.get_by_role("radio", name=name)
    if not radio.is_visible():
        page.locator("summary").filter(has_text=group).click()
    radio.check()


def words_field(page: Page, label: str = "说明") -> Locator:
    return page.get_by_role("textbox", name=re.compile(label))


def number_of(page: Page) -> str:
    """The number of the report whose page this is, taken from its address."""
    expect(page).to_have_url(re.compile(r"/report/[0-9]{4}-[0-9A-Z]{8}/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


def timeline(page: Page) -> Locator:
    return page.locator(".timeline__move")


# --- the admin ---
def open_list(page: Page, name: str) -> None:
    """Choose a list in the admin's sidebar, which is folded away where the page is narrow."""
    link = page.get_by_role("link", name=name).filter(visible=True)
    fold = page.get_by_text("dock_to_right").filter(visible=True)
    expect(link.or_(fold).first).to_be_visible()
    if link.count() == 0:
        fold.first.click()
    link.first.click()


def open_dialog(page: Page, step: str) -> Locator:
    """Press a step of the row that is open, in the menu where the page is narrow; its dialog."""
    words = re.compile(rf"(^|\s){step}\s*$")
    links = page.locator("a[hx-get]").filter(has_text=words).filter(visible=True)
    menu = page.locator("a").filter(has_text="more_horiz").filter(visible=True)
    expect(links.or_(menu).first).to_be_visible()
    if links.count() == 0:
        menu.click()
    links.first.click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def confirm(dialog: Locator, words: str) -> None:
    dialog.get_by_role("button", name=words, exact=True).click()


# --- the tablet and the voucher ---
def member_code(page: Page) -> str:
    """The eight digits that the person's phone shows just now."""
    page.goto("/me/")
    page.get_by_role("link", name="会员码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的会员码")
    digits = page.locator(".code__digits").get_attribute("aria-label") or ""
    assert re.fullmatch(r"\d{8}", digits)
    return digits


def step_up(tablet: Page, digits: str) -> None:
    """Type the member code on the tablet's own keys."""
    expect(tablet.get_by_role("heading", level=1)).to_have_text("您好！请输入会员码")
    keys = tablet.get_by_role("group", name="数字键")
    for digit in digits:
        keys.get_by_role("button", name=digit, exact=True).click()
    tablet.get_by_role("button", name="确定", exact=True).click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("选商品")


def qr_on(picture: Locator) -> str:
    """What a camera reads from the QR code as it stands on the screen."""
    picture.scroll_into_view_if_needed()
    seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    assert len(seen) == 1
    return str(seen[0].text)


def shown_digits(page: Page) -> str:
    """The digits of the voucher on the page."""
    return "".join(page.locator(".slip .code__digits span").all_inner_texts())
