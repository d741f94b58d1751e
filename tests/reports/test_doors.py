"""Who gets in where, and what they see: the report's page, its pictures, the orders."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from reports import actions, tasks
from reports.models import Draft, Order, Photo, ReportMove
from reports.states import State, Verb
from tests import camera
from tests.reports.helpers import (
    BAD,
    brought_to,
    finish,
    fresh,
    jpeg,
    new_photo,
    order_of,
    submit,
    upload,
    verbs,
)
from tests.signing_in import sign_in, signed_in


def page_of(response) -> str:
    return response.content.decode()


def url(report, name="report") -> str:
    return reverse(f"reports:{name}", args=[report.number])


def bare(response, number: str) -> str:
    """The page without what differs at each request."""
    return re.sub(r'value="\w{64}"', "", page_of(response)).replace(number, "")


# ---- /report/<number>/


@pytest.mark.parametrize("name", ["report", "photos"])
@pytest.mark.parametrize(
    "who", [None, "stranger", "merchant_owner", "handler", "other_manager", "manager"]
)
def test_unpublished_is_there_for_its_reporter_only(city, name, who):
    report = brought_to(State.SUBMITTED, city)
    client = signed_in(getattr(city, who)) if who else Client()
    response = client.get(url(report, name))
    nothing = client.get(reverse(f"reports:{name}", args=["2611-ZZZZZZZZ"]))
    assert response.status_code == nothing.status_code == 404
    assert bare(response, report.number) == bare(nothing, "2611-ZZZZZZZZ")
    assert signed_in(city.citizen).get(url(report, name)).status_code == 200


def test_reporter_sees_who_does_what_next_and_by_when(city, django_assert_max_num_queries):
    report = brought_to(State.SUBMITTED, city)
    citizen = signed_in(city.citizen)
    with django_assert_max_num_queries(12):
        text = page_of(citizen.get(url(report)))
    for words in ("占道经营", "待受理", "玉林综合市场核实", "菜摊占了半条过道", "老王蔬菜"):
        assert words in text
    actions.verify_report(report_id=report.pk, by=city.manager)
    assert "派给负责的部门" in page_of(citizen.get(url(report)))
    tasks.do_due_follow_ups()
    text = page_of(citizen.get(url(report)))
    assert "待抢单" in text
    assert "城管" in text
    actions.take_order(order_id=order_of(report).pk, by=city.handler)
    text = page_of(citizen.get(url(report)))
    assert "处置中" in text
    assert "前完成" in text
    assert "handler" not in text  # the office, never the person
    finish(report, city.handler)
    tasks.process_due_photos()
    assert "待核查" in page_of(citizen.get(url(report)))
    actions.close_report(report_id=report.pk, by=city.manager)
    text = page_of(citizen.get(url(report)))
    assert "已办结" in text
    assert "您获得 20 积分" in text
    assert "处理前后对比" in text


def test_refused_says_why_to_the_reporter(city):
    report = brought_to(State.REFUSED, city)
    text = page_of(signed_in(city.citizen).get(url(report)))
    assert "不予受理" in text
    assert "看不出问题" in text
    assert Client().get(url(report)).status_code == 404


def test_sent_back_is_on_the_timeline(city):
    report = brought_to(State.CHECKING, city)
    actions.redo_report(report_id=report.pk, by=city.manager, why="还有菜叶")
    text = page_of(signed_in(city.citizen).get(url(report)))
    assert "重新办理" in text
    assert "还有菜叶" in text


def test_the_public_sees_the_fix_and_nobody(city):
    report = brought_to(State.CLOSED, city)
    for client in (Client(), signed_in(city.stranger), signed_in(city.merchant_owner)):
        response = client.get(url(report))
        text = page_of(response)
        assert response.status_code == 200
        for words in ("占道经营", "玉林综合市场", "A-12", "已办结", "处理前后对比"):
            assert words in text
        for private in (
            "老王蔬菜",
            "李女士",
            "菜摊占了半条过道",
            report.number + "</dd>",
            "20 积分",
        ):
            assert private not in text
        assert text.count("<img") >= 2


def test_no_page_of_a_report_is_kept_by_the_browser(city):
    response = signed_in(city.citizen).get(url(brought_to(State.SUBMITTED, city)))
    assert "no-store" in response["Cache-Control"]


# ---- the photos, ready without a reload


def test_the_fragment_is_asked_for_until_all_is_ready(city):
    report = submit(city, photos=[new_photo(0), new_photo(1, Photo.Kind.WIDE, seed=2)])
    citizen = signed_in(city.citizen)
    address = url(report, "photos")
    page = page_of(citizen.get(url(report)))
    assert f'data-poll-url="{address}" data-pending' in page
    assert "data-pending" in page_of(citizen.get(address))
    tasks.process_due_photos()
    text = page_of(citizen.get(address))
    assert f'data-poll-url="{address}">' in text
    assert text.count("<img") == 2


def test_pictures_are_served_by_their_names_only(city, settings):
    report = submit(city)
    tasks.process_due_photos()
    photo = report.photos.get()
    text = page_of(signed_in(city.citizen).get(url(report)))
    name = photo.small.name.rsplit("/", 1)[-1]
    assert f"/photos/{name}" in text
    response = Client().get(f"/photos/{name}")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"\xff\xd8")
    original = photo.original.name
    for path in (
        "/photos/" + "a" * 26 + ".jpg",
        f"/photos/{original}",
        f"/photos/../{original}",
        f"/media/{original}",
        f"/photos/{name[:-4]}",
        f"/photos/{name.upper()}",
    ):
        assert Client().get(path).status_code == 404


def test_originals_are_for_the_markets_manager(city):
    report = submit(city, photos=[new_photo()])
    address = reverse("reports:original", args=[report.photos.get().pk])
    for who in ("citizen", "stranger", "other_manager", "handler", "supervisor", "merchant_owner"):
        assert signed_in(getattr(city, who)).get(address).status_code == 404
    assert Client().get(address).status_code == 404
    assert signed_in(city.manager, strong=False).get(address).status_code == 302
    response = signed_in(city.manager).get(address)
    assert b"".join(response.streaming_content) == jpeg()
    assert "no-store" in response["Cache-Control"]
    nothing = reverse("reports:original", args=[999_999_999])
    assert signed_in(city.manager).get(nothing).status_code == 404


def test_pictures_carry_nothing_of_the_camera(city):
    data = camera.photo(5, size=(640, 480), position=(30.64, 104.04), model="Geheim 9")
    report = submit(city, photos=[new_photo()._replace(file=upload(data))])
    tasks.process_due_photos()
    photo = report.photos.get()
    assert photo.latitude == pytest.approx(30.64, abs=1e-4)
    assert "Geheim 9" in photo.device
    for field in (photo.large, photo.small):
        with field.open() as file:
            assert b"Geheim" not in file.read()


# ---- a photo that cannot be read


def test_a_failed_photo_asks_for_another(city):
    report = submit(city)
    actions.record_failed(photo_id=report.photos.get().pk, code="unreadable")
    citizen = signed_in(city.citizen)
    text = page_of(citizen.get(url(report)))
    assert "有一张照片无法读取" in text
    key = str(uuid4())
    for _twice in range(2):
        response = citizen.post(url(report, "add_photo"), {"key": key, "photo": upload(jpeg(2))})
        assert response.status_code == 303
    assert verbs(report) == [Verb.SUBMIT, Verb.ADD_PHOTO]
    tasks.process_due_photos()
    assert "无法读取" in page_of(citizen.get(url(report)))
    assert [photo.status for photo in report.photos.all()] == ["failed", "ready"]


def test_adding_a_bad_photo_gets_its_sentence(city):
    report = submit(city)
    response = signed_in(city.citizen).post(
        url(report, "add_photo"), {"key": str(uuid4()), "photo": upload(BAD)}
    )
    assert response.status_code == 422
    assert "照片无法读取，请换一张" in page_of(response)
    response = signed_in(city.citizen).post(url(report, "add_photo"), {"key": str(uuid4())})
    assert "请至少放一张照片" in page_of(response)


def test_adding_while_signed_out_keeps_the_photo(city, client):
    report = submit(city)
    key = str(uuid4())
    response = client.post(url(report, "add_photo"), {"key": key, "photo": upload(jpeg(2))})
    back = parse_qs(urlsplit(response["Location"]).query)["next"][0]
    sign_in(client, city.citizen)
    text = page_of(client.get(back))
    assert reverse("reports:draft_photo", args=[key, 0]) in text
    assert client.post(url(report, "add_photo"), {"key": key}).status_code == 303
    assert report.photos.count() == 2
    assert not Draft.objects.exists()


def test_nobody_adds_to_anothers_report(city):
    report = brought_to(State.CLOSED, city)
    for who in ("stranger", "manager"):
        response = signed_in(getattr(city, who)).post(url(report, "add_photo"), {"photo": upload()})
        assert response.status_code == 404
    # Signed out, the answer is the same whether the report exists or not.
    there = Client().post(url(report, "add_photo"), {})
    nowhere = Client().post(reverse("reports:add_photo", args=["2611-ZZZZZZZZ"]), {})
    assert (there.status_code, nowhere.status_code) == (302, 302)


# ---- /me/reports/


def test_mine_lists_mine(city, django_assert_max_num_queries):
    reports = [brought_to(State.CLOSED, city), brought_to(State.SUBMITTED, city)]
    theirs = submit(city, by=city.stranger)
    citizen = signed_in(city.citizen)
    with django_assert_max_num_queries(8):
        text = page_of(citizen.get(reverse("reports:mine")))
    for report in reports:
        assert url(report) in text
    assert url(theirs) not in text
    assert "+20" in text
    assert "待受理" in text


def test_mine_when_empty_and_signed_out(city):
    assert "您还没有报过问题" in page_of(signed_in(city.stranger).get(reverse("reports:mine")))
    assert Client().get(reverse("reports:mine")).status_code == 302


# ---- /orders/

ORDERS = reverse("reports:orders")


def test_orders_is_for_handlers_with_two_factors(city):
    assert Client().get(ORDERS).status_code == 302
    assert signed_in(city.citizen).get(ORDERS).status_code == 403
    assert signed_in(city.manager).get(ORDERS).status_code == 403
    assert signed_in(city.handler, strong=False).get(ORDERS).status_code == 302
    assert signed_in(city.handler).get(ORDERS).status_code == 200


def test_a_departments_orders_are_not_there_for_others(city):
    report = brought_to(State.DISPATCHED, city)
    order = order_of(report)
    other = signed_in(city.other_handler)
    assert reverse("reports:order", args=[order.pk]) not in page_of(other.get(ORDERS))
    assert other.get(reverse("reports:order", args=[order.pk])).status_code == 404
    assert other.post(reverse("reports:take", args=[order.pk])).status_code == 404
    fields = {"order": order.pk, "photo": upload()}
    assert other.post(url(report, "finish"), fields).status_code == 404
    for who in ("citizen", "manager"):
        client = signed_in(getattr(city, who))
        assert client.get(reverse("reports:order", args=[order.pk])).status_code == 403
        assert client.post(reverse("reports:take", args=[order.pk])).status_code == 403
        assert client.post(url(report, "finish"), fields).status_code == 404
    assert fresh(report).state == State.DISPATCHED


def test_three_tabs(city, django_assert_max_num_queries):
    brought_to(State.DISPATCHED, city)
    brought_to(State.IN_PROGRESS, city)
    report = brought_to(State.IN_PROGRESS, city)
    report.resolve_due_at = report.created_at
    report.save(update_fields=["resolve_due_at"])
    handler = signed_in(city.handler)
    with django_assert_max_num_queries(16):
        text = page_of(handler.get(ORDERS))
    assert text.count("<article") == 1
    assert ">抢单</button>" in text
    for tab, expected in (("mine", 2), ("nonsense", 1)):
        text = page_of(handler.get(ORDERS, {"tab": tab}))
        assert text.count("<article") == expected
    text = page_of(handler.get(ORDERS, {"tab": "today"}))
    assert reverse("reports:order", args=[order_of(report).pk]) in text
    assert "已超时" in text
    assert "您没有未完成的单子" in page_of(
        signed_in(city.second_handler).get(ORDERS, {"tab": "mine"})
    )


def test_grab_and_finish(city):
    report = brought_to(State.DISPATCHED, city)
    order = order_of(report)
    handler = signed_in(city.handler)
    address = reverse("reports:order", args=[order.pk])
    assert "抢单" in page_of(handler.get(address))
    response = handler.post(reverse("reports:take", args=[order.pk]), follow=True)
    assert "抢单成功" in page_of(response)
    response = handler.post(
        url(report, "finish"),
        {"key": str(uuid4()), "order": order.pk, "photo": upload(jpeg(9)), "words": "已清理"},
        follow=True,
    )
    assert "市场会核查" in page_of(response)
    assert fresh(report).state == State.CHECKING
    assert ReportMove.objects.get(report=report, verb=Verb.FINISH).why == "已清理"


def test_the_slower_one_is_told_who_was_faster(city):
    report = brought_to(State.IN_PROGRESS, city)
    response = signed_in(city.second_handler).post(
        reverse("reports:take", args=[order_of(report).pk]), follow=True
    )
    assert "已被 handler 抢走" in page_of(response)


def test_a_bad_after_photo_keeps_the_words(city):
    report = brought_to(State.IN_PROGRESS, city)
    order, key = order_of(report), str(uuid4())
    handler = signed_in(city.handler)
    fields = {"key": key, "order": order.pk, "words": "扫干净了"}
    response = handler.post(url(report, "finish"), fields | {"photo": upload(BAD)})
    assert response.status_code == 422
    assert "照片无法读取，请换一张" in page_of(response)
    assert "扫干净了" in page_of(response)
    response = handler.post(url(report, "finish"), fields)
    assert "请放一张处理后的照片" in page_of(response)
    assert fresh(report).state == State.IN_PROGRESS


def test_an_expired_session_keeps_the_after_photo(city, client):
    report = brought_to(State.IN_PROGRESS, city)
    order, key = order_of(report), str(uuid4())
    fields = {"key": key, "order": order.pk, "words": "扫干净了"}
    response = client.post(url(report, "finish"), fields | {"photo": upload(jpeg(9))})
    back = response["Location"]
    assert back == f"{reverse('reports:order', args=[order.pk])}?draft={key}"
    assert client.get(back).status_code == 302  # the staff door
    sign_in(client, city.handler)
    text = page_of(client.get(back))
    assert "扫干净了" in text
    assert reverse("reports:draft_photo", args=[key, 0]) in text
    assert client.post(url(report, "finish"), fields).status_code == 303
    assert fresh(report).state == State.CHECKING
    assert Photo.objects.get(kind="after").report == report


def test_finishing_twice_is_one_step(city):
    report = brought_to(State.IN_PROGRESS, city)
    handler, key = signed_in(city.handler), str(uuid4())
    for _twice in range(2):
        fields = {"key": key, "order": order_of(report).pk, "photo": upload(jpeg(9))}
        assert handler.post(url(report, "finish"), fields).status_code == 303
    assert verbs(report).count(Verb.FINISH) == 1


def test_an_unreadable_after_photo_asks_the_handler_for_another(city):
    report = brought_to(State.CHECKING, city)
    order = order_of(report)
    Photo.objects.filter(kind="after").update(status="failed", refusal="unreadable")
    handler = signed_in(city.handler)
    assert "您的照片无法读取" in page_of(handler.get(reverse("reports:order", args=[order.pk])))
    fields = {"key": str(uuid4()), "order": order.pk, "photo": upload(jpeg(8))}
    assert handler.post(url(report, "finish"), fields).status_code == 303
    assert Photo.objects.filter(kind="after", status="pending").count() == 1


def test_finish_of_a_strange_order(city):
    report = brought_to(State.IN_PROGRESS, city)
    handler = signed_in(city.handler)
    for order in ("", "x", "9" * 40, "-1", str(Order.objects.count() + 10_000)):
        fields = {"order": order, "photo": upload()}
        assert handler.post(url(report, "finish"), fields).status_code == 404
    elsewhere = submit(city)
    fields = {"order": order_of(report).pk, "photo": upload()}
    assert handler.post(url(elsewhere, "finish"), fields).status_code == 404


@pytest.mark.parametrize("address", ["/orders/1/take/", "/report/2611-ZZZZZZZZ/photo/"])
def test_changes_are_made_by_post_only(city, address):
    assert signed_in(city.handler).get(address).status_code in (404, 405)
