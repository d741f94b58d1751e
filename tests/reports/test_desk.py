"""The manager's desk: what they see, what they may do, and what is not there for others."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from points.models import Transfer
from reports.models import FollowUp, Photo, Report
from reports.states import State
from tests.makers import City
from tests.reports.helpers import brought_to, fresh, verbs
from tests.signing_in import signed_in

pytestmark = pytest.mark.slow

LIST = "/admin/reports/report/"


def page(report: Report) -> str:
    return f"{LIST}{report.pk}/change/"


def step(report: Report, name: str) -> str:
    return reverse(f"admin:reports_report_{name}", args=[report.pk])


def press(client: Client, report: Report, name: str, **fields: str):
    """Send the dialog as the page's script does."""
    return client.post(
        step(report, name), {"_form_submitted": "on", **fields}, headers={"HX-Request": "true"}
    )


def words_after(client: Client, report: Report) -> str:
    return client.get(page(report)).content.decode()


# --- what is there --------------------------------------------------------------------------------
def test_a_manager_finds_their_markets_reports_under_waiting(city: City) -> None:
    mine = brought_to(State.SUBMITTED, city)
    other = brought_to(State.SUBMITTED, city, market=city.other_market, stall=city.other_stall)
    answer = signed_in(city.manager).get(LIST, {"step": "submitted"})
    text = answer.content.decode()
    assert mine.number in text
    assert other.number not in text
    assert "待受理" in text


def test_the_list_by_step_and_by_lateness(city: City) -> None:
    waiting = brought_to(State.SUBMITTED, city)
    late = brought_to(State.IN_PROGRESS, city)
    Report.objects.filter(pk=late.pk).update(resolve_due_at=timezone.now())
    client = signed_in(city.manager)
    for value, expected in [
        ("submitted", {waiting.number}),
        ("late", {late.number}),
        ("amber", set()),
        ("open", {waiting.number, late.number}),
        ("closed", set()),
    ]:
        text = client.get(LIST, {"step": value}).content.decode()
        assert {each for each in (waiting.number, late.number) if each in text} == expected


def test_almost_late_is_the_last_fifth_of_the_time(city: City) -> None:
    report = brought_to(State.IN_PROGRESS, city)
    now = timezone.now()
    client = signed_in(city.manager)
    for passed, shown in [(0.79, False), (0.81, True)]:
        span = timezone.timedelta(hours=10)
        Report.objects.filter(pk=report.pk).update(
            created_at=now - span * passed, resolve_due_at=now + span * (1 - passed)
        )
        text = client.get(LIST, {"step": "amber"}).content.decode()
        assert (report.number in text) is shown


def test_the_page_shows_photos_place_and_the_stalls_history(city: City) -> None:
    earlier = brought_to(State.CLOSED, city)
    report = brought_to(State.CHECKING, city)
    text = words_after(signed_in(city.manager), report)
    for photo in Photo.objects.filter(report=report):
        assert photo.large.name.rsplit("/")[-1] in text
    assert "老王蔬菜" in text
    assert "A-12" in text
    assert page(earlier) in text


def test_search_finds_chinese_words_in_the_middle(city: City) -> None:
    report = brought_to(State.SUBMITTED, city, words="三号门旁边的纸箱堆到过道")
    other = brought_to(State.SUBMITTED, city, words="地上有水")
    text = signed_in(city.manager).get(LIST, {"q": "纸箱堆"}).content.decode()
    assert report.number in text
    assert other.number not in text


def test_the_list_does_not_ask_more_as_it_grows(city: City, django_assert_max_num_queries) -> None:
    for _each in range(4):
        brought_to(State.SUBMITTED, city)
    client = signed_in(city.manager)
    client.get(LIST)
    with django_assert_max_num_queries(14):
        client.get(LIST)


# --- the steps ------------------------------------------------------------------------------------
def test_only_the_steps_of_the_state_are_offered(city: City) -> None:
    client = signed_in(city.manager)
    names = ["accept", "refuse", "send_out", "close", "redo"]
    for state, offered in [
        (State.SUBMITTED, {"accept", "refuse"}),
        (State.ACCEPTED, {"send_out"}),
        (State.DISPATCHED, set()),
        (State.CHECKING, {"close", "redo"}),
        (State.CLOSED, set()),
    ]:
        report = brought_to(state, city)
        text = words_after(client, report)
        assert {name for name in names if step(report, name) in text} == offered


def test_opening_a_dialog_changes_nothing(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    answer = signed_in(city.manager).get(step(report, "accept"))
    assert answer.status_code == 200
    assert fresh(report).state == State.SUBMITTED


def test_accepting_in_the_dialog(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.manager)
    answer = press(client, report, "accept", why="现场看过,属实")
    assert answer.headers["HX-Redirect"] == page(report)
    assert fresh(report).state == State.ACCEPTED
    last = report.moves.latest("id")
    assert (last.by, last.why) == (city.manager, "现场看过,属实")
    assert FollowUp.objects.get().move == last


def test_refusing_needs_a_reason(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.manager)
    answer = press(client, report, "refuse", why="")
    assert "HX-Redirect" not in answer.headers
    assert fresh(report).state == State.SUBMITTED
    press(client, report, "refuse", why="照片里看不出问题")
    assert fresh(report).state == State.REFUSED


def test_dispatching_by_hand_offers_only_departments_that_serve_the_market(city: City) -> None:
    report = brought_to(State.ACCEPTED, city)
    client = signed_in(city.manager)
    press(client, report, "send_out", department=str(city.other_department.pk))
    assert fresh(report).department == city.other_department
    assert fresh(report).state == State.DISPATCHED


def test_closing_awards_the_reporter_in_the_same_step(city: City) -> None:
    report = brought_to(State.CHECKING, city)
    press(signed_in(city.manager), report, "close", why="")
    assert fresh(report).state == State.CLOSED
    assert Transfer.objects.get(source=f"report:{report.number}").points == 20


def test_sending_back_keeps_the_handler(city: City) -> None:
    report = brought_to(State.CHECKING, city)
    press(signed_in(city.manager), report, "redo", why="墙角还有菜叶")
    assert fresh(report).state == State.IN_PROGRESS
    assert report.orders.get(ended_at=None).handler == city.handler


def test_a_step_that_came_too_late_says_who_was_first(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.manager)
    press(client, report, "accept", why="")
    answer = press(client, report, "accept", why="")
    assert answer.headers["HX-Redirect"] == page(report)
    assert "manager" in words_after(client, report)
    assert verbs(report).count("accept") == 1


def test_nobody_decides_on_their_own_report(city: City) -> None:
    report = brought_to(State.SUBMITTED, city, by=city.manager)
    client = signed_in(city.manager)
    assert step(report, "accept") not in words_after(client, report)
    press(client, report, "accept", why="")
    assert fresh(report).state == State.SUBMITTED


# --- doors ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["accept", "refuse", "send_out", "close", "redo"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_markets_manager_gets_404_at_every_door(city: City, name: str, method: str) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.other_manager)
    data = {"_form_submitted": "on", "why": "x"}
    assert getattr(client, method)(step(report, name), data).status_code == 404
    assert client.get(page(report)).status_code == 404
    assert fresh(report).state == State.SUBMITTED


def test_a_supervisor_reads_but_does_not_decide(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.supervisor)
    assert report.number in words_after(client, report)
    assert step(report, "accept") not in words_after(client, report)
    assert press(client, report, "accept", why="").status_code == 403
    assert signed_in(city.other_supervisor).get(page(report)).status_code == 404


@pytest.mark.parametrize("who", ["clerk", "handler", "committee", "citizen", "merchant_owner"])
def test_others_have_no_desk(city: City, who: str) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(getattr(city, who))
    for address in (LIST, page(report), step(report, "accept")):
        assert client.get(address).status_code in (302, 403, 404), address
    assert press(client, report, "accept", why="").status_code in (302, 403)
    assert fresh(report).state == State.SUBMITTED


def test_anonymous_is_led_to_sign_in(city: City, client: Client) -> None:
    report = brought_to(State.SUBMITTED, city)
    answer = client.get(page(report))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/staff/")


def test_no_form_of_the_admin_writes_a_report(city: City) -> None:
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(city.manager)
    assert client.post(page(report), {"state": "closed"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{report.pk}/delete/", {"post": "yes"}).status_code == 403
    assert fresh(report).state == State.SUBMITTED


# --- stuck ----------------------------------------------------------------------------------------
def test_what_is_stuck_is_seen_and_tried_again(
    city: City, bell: list[str], django_capture_on_commit_callbacks
) -> None:
    report = brought_to(State.ACCEPTED, city)
    row = FollowUp.objects.get(move__report=report)
    FollowUp.objects.filter(pk=row.pk).update(
        stuck_at=timezone.now(), due_at=None, attempts=6, last_error="no rule fits"
    )
    client = signed_in(city.manager)
    listing = "/admin/reports/followup/"
    assert "no rule fits" in client.get(listing).content.decode()
    again = reverse("admin:reports_followup_try_again", args=[row.pk])
    assert client.get(again).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post(again, {"_form_submitted": "on"})
    row.refresh_from_db()
    assert row.stuck_at is None
    assert row.attempts == 0
    assert row.due_at is not None
    assert bell == ["reports.do_due_follow_ups"]
    sent = {"_form_submitted": "on"}
    assert signed_in(city.other_manager).post(again, sent).status_code == 404
    assert signed_in(city.supervisor).post(again, sent).status_code == 403
