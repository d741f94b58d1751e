"""The pages of volunteering, and who may come through which door."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.makers import City, make_city, make_resident
from tests.signing_in import signed_in
from tests.volunteers.activities import make_activity
from volunteers.actions import sign_up
from volunteers.models import Activity, SignUp

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


@pytest.fixture
def activity(city: City) -> Activity:
    return make_activity(city, places=2)


def at(activity: Activity, door: str = "") -> str:
    return f"/volunteer/{activity.pk}/{door}"


def test_the_list(client: Client, activity: Activity, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        text = client.get("/volunteer/").content.decode()
    assert "清洁市场通道" in text
    assert "还有 2 个名额" in text
    assert "每小时 10 分" in text


def test_an_empty_list_says_what_else_helps(client: Client, db) -> None:
    text = client.get("/volunteer/").content.decode()
    assert "现在没有活动" in text
    assert 'href="/report/"' in text


def test_signed_out_one_is_led_to_sign_in_and_back(client: Client, activity: Activity) -> None:
    assert f"?next={at(activity)}" in client.get(at(activity)).content.decode()
    answer = client.post(at(activity, "sign-up/"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
    assert not SignUp.objects.exists()


def test_to_look_is_not_to_sign_up(city: City, activity: Activity) -> None:
    person = signed_in(city.citizen)
    for door in ("sign-up/", "give-up/"):
        assert person.get(at(activity, door))["Location"] == at(activity)
    assert not SignUp.objects.exists()


def test_a_place_taken_and_given_up(city: City, activity: Activity) -> None:
    person = signed_in(city.citizen)
    for _tap in range(2):
        text = person.post(at(activity, "sign-up/"), follow=True).content.decode()
        assert "报名成功" in text
    assert SignUp.objects.get().user == city.citizen
    assert "您已报名" in person.get("/volunteer/").content.decode()
    text = person.post(at(activity, "give-up/"), follow=True).content.decode()
    assert "名额让给了别人" in text
    assert "我要报名" in text
    activity.refresh_from_db()
    assert activity.taken == 0


def test_only_ones_own_place(city: City, activity: Activity) -> None:
    sign_up(activity_id=activity.pk, user=city.citizen, by=city.citizen)
    signed_in(city.stranger).post(at(activity, "give-up/"))
    assert SignUp.objects.get().cancelled_at is None


def test_full(city: City, activity: Activity) -> None:
    for _each in range(2):
        person = make_resident()
        sign_up(activity_id=activity.pk, user=person, by=person)
    person = signed_in(city.citizen)
    assert "名额已经报满" in person.get(at(activity)).content.decode()
    text = person.post(at(activity, "sign-up/"), follow=True).content.decode()
    assert "2 个名额都报满了" in text


@pytest.mark.parametrize(("hours", "said"), [(1, "活动已经开始"), (3, "活动已经结束")])
def test_late(city: City, activity: Activity, hours: int, said: str) -> None:
    with time_machine.travel(activity.starts_at + dt.timedelta(hours=hours), tick=False):
        person = signed_in(city.citizen)
        assert said in person.get(at(activity)).content.decode()
        text = person.post(at(activity, "sign-up/"), follow=True).content.decode()
    assert "活动已于" in text
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_no_such_activity(city: City, number: str) -> None:
    person = signed_in(city.citizen)
    assert person.get(f"/volunteer/{number}/").status_code == 404
    assert person.post(f"/volunteer/{number}/sign-up/").status_code == 404
    assert person.post(f"/volunteer/{number}/give-up/").status_code == 404


def test_words_of_an_organiser_are_text_and_not_markup(client: Client, city: City) -> None:
    activity = make_activity(city, title="<script>x</script>", what="<b>x</b>\n\n第二段")
    text = client.get(at(activity)).content.decode()
    assert "<script>x" not in text
    assert "<b>x" not in text
    assert "<p>第二段</p>" in text


def test_english(client: Client, activity: Activity) -> None:
    client.cookies["django_language"] = "en"
    text = client.get("/volunteer/").content.decode()
    assert "2 places left" in text
    assert "10 points an hour" in text


# --- the admin ---------------------------------------------------
def form(city: City, **more: object) -> dict[str, object]:
    return {
        "market": city.market.pk,
        "title": "周末大扫除",
        "what": "",
        "where": "东门",
        "starts_at_0": "2027-01-02",
        "starts_at_1": "09:00",
        "ends_at_0": "2027-01-02",
        "ends_at_1": "11:00",
        "places": 5,
        "sign_ups-TOTAL_FORMS": 0,
        "sign_ups-INITIAL_FORMS": 0,
        **more,
    }


def test_a_manager_organises_in_their_market(city: City) -> None:
    manager = signed_in(city.manager)
    assert manager.get("/admin/volunteers/activity/add/").status_code == 200
    assert manager.post("/admin/volunteers/activity/add/", form(city)).status_code == 302
    activity = Activity.objects.get()
    assert (activity.district, activity.organiser) == (city.district, city.manager)
    assert activity.history.get().history_user == city.manager


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends_at_1": "08:00"}, "结束时间要晚于开始时间"),
        ({"places": 0}, "至少要有一个名额"),
    ],
)
def test_what_cannot_be(city: City, wrong: dict[str, object], said: str) -> None:
    answer = signed_in(city.manager).post("/admin/volunteers/activity/add/", form(city, **wrong))
    assert said in answer.content.decode()
    assert not Activity.objects.exists()


def test_no_activity_in_anothers_market(city: City) -> None:
    data = form(city, market=city.other_market.pk)
    assert signed_in(city.manager).post("/admin/volunteers/activity/add/", data).status_code == 200
    assert not Activity.objects.exists()


def test_a_supervisor_organises_for_the_district(city: City) -> None:
    supervisor = signed_in(city.supervisor)
    nowhere = form(city, market="")
    answer = supervisor.post("/admin/volunteers/activity/add/", nowhere)
    assert "请选择活动所在的市场或区" in answer.content.decode()
    data = nowhere | {"district": city.district.pk}
    assert supervisor.post("/admin/volunteers/activity/add/", data).status_code == 302
    assert Activity.objects.get().market is None


def test_changing_keeps_the_places_taken(city: City, activity: Activity) -> None:
    for person in (city.citizen, city.stranger):
        sign_up(activity_id=activity.pk, user=person, by=person)
    address = reverse("admin:volunteers_activity_change", args=[activity.pk])
    manager = signed_in(city.manager)
    page = manager.get(address).content.decode()
    assert city.stranger.masked_phone in page
    assert "名额不能减到 1 个" in manager.post(address, form(city, places=1)).content.decode()
    assert manager.post(address, form(city, places=3)).status_code == 302
    activity.refresh_from_db()
    assert (activity.places, activity.taken) == (3, 2)


def test_scopes(city: City, activity: Activity) -> None:
    address = reverse("admin:volunteers_activity_change", args=[activity.pk])
    answers = {
        who: signed_in(getattr(city, who)).get(address).status_code
        for who in ("manager", "clerk", "supervisor", "other_manager", "other_supervisor")
    }
    assert answers == {
        "manager": 200,
        "clerk": 200,
        "supervisor": 200,
        "other_manager": 404,
        "other_supervisor": 404,
    }
    assert signed_in(city.clerk).post(address, form(city)).status_code == 403
    assert signed_in(city.citizen).get(address).status_code in (302, 403)
