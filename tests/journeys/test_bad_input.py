"""What goes wrong at the doors gets a sentence and loses nothing: seen as the person sees it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from accounts.models import Sms
from reports import tasks
from reports.models import Draft, Photo, Report
from tests import camera, hostile
from tests.journeys import steps
from tests.journeys.browsers import DESK, PHONE, Browsers, Size
from tests.makers import City, make_stall
from tests.reports.helpers import verbs
from tests.signing_in import code_sent_to

pytestmark = pytest.mark.browser

WORDS = "烂菜叶堆在过道上，走路打滑。"
MEDIUM = (1600, 1200)
UNREADABLE = "照片无法读取，请换一张（支持 JPG、PNG、WebP、HEIC，单张 ≤ 20 MB）。"
SIZES = [pytest.param(PHONE, id="390x844"), pytest.param(DESK, id="1280x800")]


def picture(seed: int = 4) -> bytes:
    return camera.photo(seed, size=MEDIUM, orientation=6)


def form_of_the_stall(page: Page, city: City) -> None:
    page.goto(f"/report/?stall={city.stall_code}")
    expect(page.get_by_role("heading", level=1)).to_have_text("报问题")


def fill_all_but_photos(page: Page) -> None:
    steps.choose_type(page, "市场秩序", "占道经营")
    steps.words_field(page).fill(WORDS)


def send(page: Page) -> None:
    page.get_by_role("button", name="提交", exact=True).click()


def expect_kept(page: Page) -> None:
    """What was written and chosen stands in the form."""
    expect(steps.words_field(page)).to_have_value(WORDS)
    expect(page.get_by_role("radio", name="占道经营")).to_be_checked()
    expect(page.locator(".report-place")).to_contain_text("A-12")


def alert(page: Page) -> str:
    return page.get_by_role("alert").filter(visible=True).inner_text()


# --- signed out meanwhile ---
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lost", ["sessionid", None], ids=["session", "all-cookies"])
def test_a_session_that_ended_in_mid_form_costs_one_more_press(
    browsers: Browsers, city: City, size: Size, lost: str | None
) -> None:
    page = browsers.open("citizen", size, user=city.citizen)
    form_of_the_stall(page, city)
    steps.attach(page, "近景", steps.jpeg_file(picture()))
    steps.attach(page, "远景", steps.jpeg_file(picture(5)))
    fill_all_but_photos(page)
    page.context.clear_cookies(name=lost)
    send(page)

    steps.sign_in_by_phone(page, str(city.citizen.phone))
    expect(page.get_by_text("您填的内容都还在，再按一次“提交”就完成了。")).to_be_visible()
    expect_kept(page)
    for label in ("近景", "远景"):
        steps.expect_upright(steps.photo_slot(page, label).get_by_role("img"))
    browsers.look(page, "form kept")
    assert Report.objects.count() == 0

    send(page)
    number = steps.number_of(page)
    report = Report.objects.get()
    assert (report.number, report.reporter, report.words) == (number, city.citizen, WORDS)
    assert (report.stall, report.category) == (city.stall, city.category)
    assert sorted(report.photos.values_list("kind", flat=True)) == ["near", "wide"]
    assert verbs(report) == ["submit"]
    assert Draft.objects.count() == 0


@pytest.mark.parametrize("size", SIZES)
def test_three_wrong_codes_and_the_form_is_still_the_next_step(
    browsers: Browsers, city: City, size: Size
) -> None:
    page = browsers.open("citizen", size)
    form = f"/report/?stall={city.stall_code}"
    page.goto(form)
    phone = str(city.citizen.phone)
    steps.ask_for_code(page, phone.removeprefix("+86"))
    right = code_sent_to(phone)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    steps.type_code(page, wrong)
    expect(page.get_by_role("link", name="还可以再试 2 次。")).to_be_visible()
    steps.type_code(page, wrong)
    expect(page.get_by_role("link", name="还可以再试 1 次。")).to_be_visible()
    steps.type_code(page, wrong)
    expect(page.get_by_text("验证码错了三次")).to_be_visible()
    browsers.look(page, "three wrong codes")

    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    too_soon = re.compile(r"刚刚已经发过验证码，请 \d+ 秒后再试。")
    expect(page.get_by_role("link", name=too_soon)).to_be_visible()
    Sms.objects.update(created_at=F("created_at") - dt.timedelta(minutes=2))  # two minutes pass
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("输入验证码")
    steps.type_code(page, code_sent_to(phone))
    expect(page).to_have_url(re.compile(re.escape(form) + "$"))


def test_a_number_that_cannot_receive_gets_a_sentence_and_stays_in_the_field(
    browsers: Browsers, city: City
) -> None:
    page = browsers.open("citizen", PHONE)
    page.goto("/accounts/login/")
    field = page.get_by_label("手机号")
    for typed, words in [
        ("028-8555 1234", "这像是座机号码，收不到短信。请填写手机号。"),
        ("1380013800o", "手机号只能是数字"),
        ("138 0013 800", "号码太短了"),
        ("", "请填写手机号。"),
    ]:
        field.fill(typed)
        page.get_by_role("button", name="获取验证码").click()
        expect(page.get_by_text(words).first).to_be_visible()
        expect(field).to_have_value(typed)
    browsers.look(page, "no number")
    assert Sms.objects.count() == 0
    steps.ask_for_code(page, "+86 100-0000-4321")
    expect(page.locator("main strong", has_text="4321")).to_be_visible()
    assert Sms.objects.count() == 1


# --- photos ---
@pytest.mark.parametrize("size", SIZES)
def test_no_photo_is_said_before_anything_is_sent(
    browsers: Browsers, city: City, size: Size
) -> None:
    page = browsers.open("citizen", size, user=city.citizen)
    form_of_the_stall(page, city)
    fill_all_but_photos(page)
    send(page)
    assert "请至少放一张照片，近景最好。" in alert(page)
    browsers.look(page, "no photo")
    expect_kept(page)
    assert (Report.objects.count(), Draft.objects.count()) == (0, 0)
    steps.attach(page, "近景", steps.jpeg_file(picture()))
    send(page)
    steps.number_of(page)
    assert Report.objects.get().words == WORDS


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("notes.jpg", lambda: "今天的白菜三块一斤".encode() * 20, UNREADABLE),
        ("cut.jpg", lambda: picture(5)[:60_000], UNREADABLE),
        ("poster.png", lambda: hostile.png(20_000, 20_000), "照片像素太多（最多 5000 万）"),
    ],
    ids=["text", "cut-off", "20000x20000"],
)
def test_a_file_that_is_no_photo_is_named_and_the_others_are_kept(
    browsers: Browsers, city: City, name: str, data: Callable[[], bytes], words: str
) -> None:
    page = browsers.open("citizen", PHONE, user=city.citizen)
    form_of_the_stall(page, city)
    bad = {"name": name, "mimeType": "image/jpeg", "buffer": data()}
    steps.attach(page, "近景", bad)
    steps.attach(page, "远景", steps.jpeg_file(picture()))
    fill_all_but_photos(page)
    send(page)
    assert f"近景: {words}" in alert(page)
    browsers.look(page, f"refused {name}")
    expect_kept(page)
    steps.expect_upright(steps.photo_slot(page, "远景").get_by_role("img"))
    assert Report.objects.count() == 0

    steps.attach(page, "近景", steps.jpeg_file(picture(5)))
    send(page)
    steps.number_of(page)
    assert sorted(Photo.objects.values_list("report__words", "kind")) == [
        (WORDS, "near"),
        (WORDS, "wide"),
    ]


def test_a_photo_that_proves_unreadable_later_is_told_and_replaced(
    browsers: Browsers, city: City
) -> None:
    page = browsers.open("citizen", PHONE, user=city.citizen)
    form_of_the_stall(page, city)
    whole = hostile.plain("PNG")
    spoilt = whole[: len(whole) // 2] + whole[-12:]  # head and end are there: the door takes it
    steps.attach(page, "近景", {"name": "shot.png", "mimeType": "image/png", "buffer": spoilt})
    fill_all_but_photos(page)
    send(page)
    steps.number_of(page)
    expect(page.get_by_text("照片正在处理")).to_be_visible()
    tasks.process_due_photos()
    expect(page.get_by_text("这张照片无法读取，请再补一张。")).to_be_visible()  # by itself
    page.reload()
    expect(page.get_by_text("有一张照片无法读取")).to_be_visible()
    browsers.look(page, "unreadable")
    steps.attach(page, "补充照片", steps.jpeg_file(picture()))
    page.get_by_role("button", name="提交这张照片").click()
    expect(page.get_by_text("照片正在处理")).to_be_visible()
    tasks.process_due_photos()
    steps.expect_upright(page.locator(".report-photos img"))
    assert verbs(Report.objects.get()) == ["submit", "add_photo"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_25_mb_are_refused_in_words(
    browsers: Browsers, city: City, tmp_path: Path, script: bool
) -> None:
    large = tmp_path / "IMG_9999.jpg"
    large.write_bytes(picture() + bytes(25 * 1024 * 1024))
    page = browsers.open("citizen", PHONE, user=city.citizen, java_script_enabled=script)
    form_of_the_stall(page, city)
    steps.attach(page, "近景", large)
    steps.attach(page, "远景", steps.jpeg_file(picture(5)))
    fill_all_but_photos(page)
    send(page)
    assert "这张照片超过 20 MB，请换一张或重拍" in alert(page)
    browsers.look(page, f"25 MB {script}")
    expect_kept(page)
    expect(steps.photo_slot(page, "远景").get_by_role("img")).to_be_visible()
    assert Draft.objects.count() == (0 if script else 1)  # a script says it before it travels
    steps.attach(page, "近景", steps.jpeg_file(picture()))
    send(page)
    steps.number_of(page)
    assert Report.objects.get().photos.count() == 2


def test_of_five_photos_four_are_kept_and_it_is_said(browsers: Browsers, city: City) -> None:
    page = browsers.open("citizen", PHONE, user=city.citizen)
    form_of_the_stall(page, city)
    page.evaluate(
        """() => {
          const fifth = document.querySelector('[name=photo_near]').cloneNode();
          Object.assign(fifth, {name: 'photo_extra_9', id: 'fifth'});
          document.querySelector('[data-report-form]').append(fifth);
        }"""
    )
    for at, field in enumerate(page.locator("input[type=file]").all()):
        field.set_input_files(steps.jpeg_file(camera.photo(at + 1, size=(640, 480))))
    fill_all_but_photos(page)
    send(page)
    assert "最多 4 张照片，多出来的没有收下。" in alert(page)
    browsers.look(page, "five photos")
    expect_kept(page)
    expect(page.locator("[data-photo-slot] img")).to_have_count(4)
    send(page)
    steps.number_of(page)
    assert Report.objects.get().photos.count() == 4


# --- stalls ---
@pytest.mark.parametrize("size", SIZES)
def test_the_sticker_of_a_stall_that_moved_leads_on(
    browsers: Browsers, city: City, size: Size
) -> None:
    city.stall.moved_to = make_stall(city.market, "C-07")
    city.stall.save(update_fields=["moved_to"])
    page = browsers.open("citizen", size, user=city.citizen)
    answer = page.goto(f"/s/{city.stall_code}/")
    assert answer
    assert answer.status == 410
    expect(page.get_by_role("heading", level=1)).to_have_text("A-12 号摊位已搬到 C-07 号")
    browsers.look(page, "stall moved")
    page.get_by_role("link", name="去看 C-07 号摊位").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("C-07")

    page.goto(f"/report/?stall={city.stall_code}")  # an old address from somewhere
    expect(page.get_by_text("A-12 号摊位已经搬到 玉林综合市场 C-07 号。")).to_be_visible()
    expect(page.get_by_label("哪个市场")).to_have_value(str(city.market.pk))
    browsers.look(page, "form of a moved stall")
    steps.attach(page, "近景", steps.jpeg_file(picture()))
    fill_all_but_photos(page)
    page.get_by_role("textbox", name="摊位号").fill("a-12")
    send(page)
    expect(page.get_by_text("请填新号码，或者不填").first).to_be_visible()
    page.get_by_role("textbox", name="摊位号").fill("c-07")
    send(page)
    steps.number_of(page)
    assert Report.objects.get().stall == city.stall.moved_to


def test_a_code_that_leads_nowhere_still_leads_to_a_report(browsers: Browsers, city: City) -> None:
    page = browsers.open("citizen", PHONE, user=city.citizen)
    answer = page.goto("/s/NOSUCHCODE/")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这个摊位码")
    browsers.look(page, "unknown code")
    page.get_by_role("link", name="不用摊位码，直接上报").click()
    expect(page.get_by_label("哪个市场")).to_be_visible()
