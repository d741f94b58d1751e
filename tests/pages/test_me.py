"""A person's own page, and the doors that concern them."""

import pytest
from django.test import Client

from accounts.states import Role
from tests.makers import City, make_city, make_resident, make_staff
from tests.reports.helpers import submit
from tests.rewards.shop import give_points
from tests.signing_in import signed_in
from tests.volunteers.activities import make_activity
from volunteers.actions import sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


def test_signed_out_one_is_led_to_sign_in(client: Client) -> None:
    answer = client.get("/me/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/me/"


def test_what_a_resident_has(city: City, django_assert_num_queries) -> None:
    give_points(city.citizen, city.programme, "report_verified")
    report = submit(city, by=city.citizen)
    activity = make_activity(city)
    sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
    person = signed_in(city.citizen)
    with django_assert_num_queries(10):
        text = person.get("/me/").content.decode()
    for said in (
        "李女士",
        city.citizen.masked_phone,
        "20",
        "分可用到",
        "积分明细",
        "会员码",
        "我的券",
        "我的上报",
        "志愿服务",
        f"/report/{report.number}/",
        "去帮忙",
        "English",
        "退出登录",
    ):
        assert said in text, said
    for path in ("/me/points/", "/me/code/", "/me/vouchers/", "/me/reports/", "/rewards/"):
        assert f'href="{path}"' in text
    for later in ("/me/household/", "/me/privacy/"):
        assert later not in text


def test_a_newcomer(city: City) -> None:
    text = signed_in(city.stranger).get("/me/").content.decode()
    assert "报一个问题，就有第一笔积分" in text
    assert city.stranger.masked_phone in text
    assert "我的工作" not in text


def test_nobody_there_yet(db) -> None:
    """A city without markets has no programme; the page stands all the same."""
    assert signed_in(make_resident()).get("/me/").status_code == 200


@pytest.mark.parametrize(
    ("who", "doors"),
    [
        ("citizen", set()),
        ("handler", {"/orders/"}),
        ("manager", {"/admin/"}),
        ("clerk", {"/admin/"}),
        ("supervisor", {"/admin/"}),
        ("merchant_owner", {"/merchant/"}),
    ],
)
def test_doors_to_work(city: City, who: str, doors: set[str]) -> None:
    text = signed_in(getattr(city, who)).get("/me/").content.decode()
    work = text.partition('id="me-work"')[2].partition("</section>")[0]
    assert {door for door in ("/orders/", "/admin/", "/merchant/") if f'"{door}"' in work} == doors


def test_one_who_is_both(city: City) -> None:
    both = make_staff("both", Role.HANDLER, department=city.department)
    both.roles.create(role=Role.MANAGER, market=city.market)
    text = signed_in(both).get("/me/").content.decode()
    assert 'href="/orders/"' in text.partition('id="me-work"')[2]
    assert 'href="/admin/"' in text.partition('id="me-work"')[2]
