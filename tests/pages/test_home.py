"""The face of the city, for who comes by and for who is known."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from markets.models import Market
from pages.queries import choose_market
from pages.words import span, took
from points.models import Rule
from reports.models import Report
from reports.states import State
from tests.makers import City, make_city
from tests.reports.helpers import brought_to, submit
from tests.rewards.shop import give_points, make_goods, make_reward, on_shelf
from tests.signing_in import signed_in
from tests.volunteers.activities import make_activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


def fixed(city: City, market: Market | None = None) -> Report:
    """A report that was closed and published after five hours."""
    report = brought_to(State.CLOSED, city)
    now = timezone.now()
    Report.objects.filter(pk=report.pk).update(
        is_public=True,
        market=market or city.market,
        created_at=now - timedelta(hours=5),
        closed_at=now,
    )
    return report


def test_an_empty_city_has_the_button_and_kind_words(client: Client) -> None:
    text = client.get("/").content.decode()
    assert 'class="home-shoot" href="/report/"' in text
    assert "这里还没有解决的问题" in text


def test_what_is_there_for_everybody(client: Client, city: City) -> None:
    report = fixed(city)
    on_shelf(make_goods(city.programme), city.market, 5)
    on_shelf(make_reward(city.programme), city.market, 5)
    make_activity(city)
    text = client.get("/").content.decode()
    for said in (
        "玉林综合市场",
        "占道经营",
        f"/report/{report.number}/",
        "5 小时解决",
        "核实办结后得 20 分，食品安全问题得 50 分",
        "每小时得 10 分",
        "100 分换 1 斤大米，500 分换 50 元菜券。积分 12 个月内有效",
        "收到问题",
        "清洁市场通道",
    ):
        assert said in text, said
    assert "老王" not in text  # a merchant is not named on the home page
    assert "我的积分" not in text


def test_costs_the_same_however_much_there_is(
    client: Client, city: City, django_assert_num_queries
) -> None:
    for _each in range(3):
        fixed(city)
        make_activity(city)
    on_shelf(make_reward(city.programme), city.market, 5)
    with django_assert_num_queries(9):
        client.get("/")
    give_points(city.citizen, city.programme)
    submit(city, by=city.citizen)
    person = signed_in(city.citizen)
    with django_assert_num_queries(15):
        person.get("/")


def test_numbers_come_from_the_programme(client: Client, city: City) -> None:
    Rule.objects.filter(code__in=["report_verified", "report_food_safety"]).update(points=7)
    Rule.objects.filter(code="volunteer_hour").delete()
    text = client.get("/").content.decode()
    assert "核实办结后得 7 分。" in text
    assert "做志愿者，每小时" not in text


def test_a_market_is_chosen_and_remembered(client: Client, city: City) -> None:
    fixed(city)
    assert "hongpailou" not in client.cookies
    answer = client.get("/?market=hongpailou")
    assert answer.cookies["market"].value == "hongpailou"
    again = client.get("/").content.decode()
    assert "<span>红牌楼市场</span>" in again
    assert "别的市场刚刚解决" in again  # nothing of its own yet


@pytest.mark.parametrize("code", ["nowhere", "", "'; --", "摊" * 500])
def test_a_market_that_is_not_there_is_the_first_one(client: Client, city: City, code: str) -> None:
    answer = client.get("/", {"market": code})
    assert answer.status_code == 200
    assert "market" not in answer.cookies
    assert "<span>玉林综合市场</span>" in answer.content.decode()


def test_a_market_out_of_use_is_not_offered(city: City) -> None:
    Market.objects.filter(pk=city.market.pk).update(is_open=False)
    chosen, markets = choose_market("yulin")
    assert chosen == city.other_market
    assert city.market not in markets


def test_who_is_known_sees_points_and_last_report(city: City) -> None:
    person = signed_in(city.citizen)
    assert "报一个问题，就有第一笔积分" in person.get("/").content.decode()
    give_points(city.citizen, city.programme, "report_verified")
    report = submit(city, by=city.citizen)
    text = person.get("/").content.decode()
    assert ">20<" in text
    assert f'href="/report/{report.number}/"' in text
    assert "待受理" in text
    stranger = signed_in(city.stranger).get("/").content.decode()
    assert report.number not in stranger


def test_points_that_die_soon_are_said(city: City) -> None:
    give_points(city.citizen, city.programme, "report_verified")
    # Thirteen months on they are gone, eleven and a half months on they are near their end.
    with time_machine.travel(timezone.now() + timedelta(days=350), tick=False):
        text = signed_in(city.citizen).get("/").content.decode()
        assert "其中 20 分" in text
        assert "分可用到" in text


def test_english(client: Client, city: City) -> None:
    client.cookies["django_language"] = "en"
    text = client.get("/").content.decode()
    assert "Spot it. Snap it. Fixed." in text
    assert "you get 20 points, 50 for food safety" in text


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.2, "不到 1 小时解决"), (1.4, "1 小时解决"), (47, "47 小时解决"), (48, "2 天解决")],
)
def test_how_long_it_took(hours: float, words: str) -> None:
    with translation.override("zh-hans"):
        assert took(hours) == words
        assert span(hours).value.isdigit()
