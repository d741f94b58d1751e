"""What the phone shows that scanned a stall's code."""

import datetime as dt
import re

import pytest
import time_machine
import zxingcpp
from django.test import Client
from PIL import Image, ImageDraw

from markets.actions import give_up_stall, replace_code
from markets.models import Market, Tenancy
from tests.makers import City, make_city, make_stall
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


def test_stall_merchant_licence_and_the_way_to_report(client: Client, city: City) -> None:
    page = client.get(f"/s/{city.stall_code}/")
    assert page.status_code == 200
    text = page.content.decode()
    for said in ("A-12", "玉林综合市场", "蔬菜区", "老王蔬菜", city.merchant.licence, "报问题"):
        assert said in text
    assert f'href="/report/?stall={city.stall_code}"' in text


def test_costs_four_queries_for_anybody(client: Client, city: City, django_assert_num_queries):
    with django_assert_num_queries(4):
        client.get(f"/s/{city.stall_code}/")
    owner = signed_in(city.citizen)
    with django_assert_num_queries(6):  # and the session, and who it is
        owner.get(f"/s/{city.stall_code}/")


def test_lower_case_leads_on_with_the_printed_code(client: Client, city: City) -> None:
    page = client.get(f"/s/{city.stall_code.lower()}/")
    assert f"?stall={city.stall_code}" in page.content.decode()


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-02T10:00+08:00", "营业中，20:00 收市"),
        ("2026-03-02T21:00+08:00", "现在休市，明天 06:00 开市"),
        ("2026-03-02T05:00+08:00", "现在休市，今天 06:00 开市"),
    ],
)
def test_says_whether_the_market_is_open(client: Client, city: City, at: str, said: str) -> None:
    with time_machine.travel(dt.datetime.fromisoformat(at), tick=False):
        assert said in client.get(f"/s/{city.stall_code}/").content.decode()


def test_without_hours_nothing_is_claimed(client: Client, city: City) -> None:
    city.market.hours.all().delete()
    text = client.get(f"/s/{city.stall_code}/").content.decode()
    assert "营业中" not in text
    assert "休市" not in text


def test_an_empty_stall_can_still_be_reported(client: Client, city: City) -> None:
    Tenancy.objects.all().delete()
    text = client.get(f"/s/{city.stall_code}/").content.decode()
    assert "今天没有商户" in text
    assert f"?stall={city.stall_code}" in text


def test_unknown_is_a_sentence_with_a_next_step(client: Client, city: City) -> None:
    page = client.get("/s/ABCDEFGHJK/")
    assert page.status_code == 404
    text = page.content.decode()
    assert "没有这个摊位码" in text
    assert "ABCDEFGHJK" in text
    assert 'href="/report/"' in text


def test_what_was_typed_is_shown_harmlessly(client: Client, city: City) -> None:
    page = client.get("/s/<b>x<b>/")
    assert page.status_code == 404
    assert b"<b>x" not in page.content


def test_an_old_sticker_goes_on_with_the_new_code(client: Client, city: City) -> None:
    new = replace_code(stall_id=city.stall.pk, by=city.manager)
    page = client.get(f"/s/{city.stall_code}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "这张旧码已经更换" in text
    assert f"?stall={new.code}" in text
    assert f"?stall={city.stall_code}" not in text


def test_given_up(client: Client, city: City) -> None:
    give_up_stall(stall_id=city.stall.pk, by=city.manager)
    page = client.get(f"/s/{city.stall_code}/")
    assert page.status_code == 410
    assert "A-12 号摊位已经停用" in page.content.decode()


def test_moved_leads_to_the_new_place(client: Client, city: City) -> None:
    place = make_stall(city.market, "B-01")
    give_up_stall(stall_id=city.stall.pk, moved_to_id=place.pk, by=city.manager)
    page = client.get(f"/s/{city.stall_code}/")
    assert page.status_code == 410
    text = page.content.decode()
    assert "A-12 号摊位已搬到 B-01 号" in text
    assert f'href="/s/{place.codes.get().code}/"' in text


def test_a_market_out_of_use(client: Client, city: City) -> None:
    Market.objects.filter(pk=city.market.pk).update(is_open=False)
    page = client.get(f"/s/{city.stall_code}/")
    assert page.status_code == 410
    assert "玉林综合市场已经停用" in page.content.decode()


def test_english(client: Client, city: City) -> None:
    client.cookies["django_language"] = "en"
    assert "Report a problem" in client.get(f"/s/{city.stall_code}/").content.decode()


def test_only_looked_at(client: Client, city: City) -> None:
    assert client.post(f"/s/{city.stall_code}/").status_code == 405


# --- the picture of the code ---------------------------------------------------------------------
def test_who_may_print_the_code(client: Client, city: City) -> None:
    address = f"/s/{city.stall_code}/qr.svg"
    expected = {
        "manager": 200,
        "clerk": 200,
        "supervisor": 200,
        "other_manager": 404,
        "other_supervisor": 404,
        "handler": 404,
        "citizen": 404,
        "merchant_owner": 404,
    }
    answers = {who: signed_in(getattr(city, who)).get(address).status_code for who in expected}
    assert answers == expected
    assert client.get(address).status_code == 404


def test_the_printed_code_opens_the_public_address(city: City, settings) -> None:
    settings.PUBLIC_ORIGIN = "https://suishoupai.example/"
    answer = signed_in(city.manager).get(f"/s/{city.stall_code}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    found = zxingcpp.read_barcodes(_raster(answer.content.decode()))
    assert [each.text for each in found] == [f"https://suishoupai.example/s/{city.stall_code}/"]


def _raster(svg: str) -> Image.Image:
    """Draw segno's path (horizontal strokes, one module high) with Pillow."""
    size = int(re.search(r'width="(\d+)"', svg).group(1))
    scale = float(re.search(r"scale\((\d+)\)", svg).group(1))
    image = Image.new("L", (size, size), 255)
    draw = ImageDraw.Draw(image)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.search(r' d="([^"]+)"', svg)[1]):
        values = [float(each) for each in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            top = (y - 0.5) * scale
            draw.rectangle([x * scale, top, (x + values[0]) * scale - 1, top + scale - 1], fill=0)
            x += values[0]
    return image
