"""`/report/`: what goes in becomes one report, and what cannot yet is kept."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from markets.models import StallCode
from reports import tasks
from reports.models import Draft, Photo, Report
from tests import camera
from tests.makers import make_stall
from tests.reports.helpers import (
    BAD,
    files_on_disk,
    form_fields,
    jpeg,
    submit,
    upload,
)
from tests.signing_in import sign_in, signed_in

URL = reverse("reports:new")
UNREADABLE = "照片无法读取，请换一张（支持 JPG、PNG、WebP、HEIC，单张 ≤ 20 MB）。"


def send(client: Client, fields: dict):
    return client.post(URL, fields)


def page_of(response) -> str:
    return response.content.decode()


# ---- coming in


def test_anonymous_is_asked_to_sign_in_and_comes_back_to_the_stall(city, client):
    response = client.get(URL, {"stall": city.stall_code})
    assert response.status_code == 302
    target = urlsplit(response["Location"])
    assert target.path == reverse("account_login")
    assert parse_qs(target.query)["next"] == [f"{URL}?stall={city.stall_code}"]


def test_a_stalls_code_fills_in_the_place(city):
    text = page_of(signed_in(city.citizen).get(URL, {"stall": city.stall_code}))
    for words in ("玉林综合市场", "蔬菜区", "A-12", "老王蔬菜"):
        assert words in text
    assert 'name="market"' not in text


@pytest.mark.parametrize("code", ["NOSUCHCODE", "x' or 1=1--", "0" * 400, "\u0000"])
def test_an_unknown_code_gets_a_sentence_and_a_usable_form(city, code):
    response = signed_in(city.citizen).get(URL, {"stall": code})
    text = page_of(response)
    assert response.status_code == 200
    assert "没有找到这个摊位码" in text
    assert 'name="market"' in text


def test_a_replaced_code_still_fills_in_the_place(city):
    StallCode.objects.filter(code=city.stall_code).update(replaced_at=timezone.now())
    StallCode.objects.create(stall=city.stall)
    citizen = signed_in(city.citizen)
    text = page_of(citizen.get(URL, {"stall": city.stall_code}))
    assert "已经换成新的了" in text
    assert "A-12" in text
    assert send(citizen, form_fields(city)).status_code == 303
    assert Report.objects.get().stall == city.stall


def test_a_moved_stall_gets_a_sentence_and_its_market_is_chosen(city):
    city.stall.moved_to = make_stall(city.market, "C-07")
    city.stall.save(update_fields=["moved_to"])
    citizen = signed_in(city.citizen)
    response = citizen.get(URL, {"stall": city.stall_code})
    text = page_of(response)
    assert "A-12 号摊位已经搬到 玉林综合市场 C-07 号" in text
    assert f'<option value="{city.market.pk}" selected>' in text
    # The form was open when the stall moved.
    response = send(citizen, form_fields(city))
    assert response.status_code == 422
    assert "A-12 号摊位已经搬到" in page_of(response)
    assert not Report.objects.exists()
    assert Photo.objects.get().draft is not None


def test_types_stand_in_two_levels_with_condition_and_points(city):
    city.food_category.condition = "超过保质期仍在售"
    city.food_category.save(update_fields=["condition"])
    text = page_of(signed_in(city.citizen).get(URL))
    for words in (
        "市场秩序",
        "占道经营",
        "食品安全",
        "过期食材",
        "超过保质期仍在售",
        "20 积分",
        "50 积分",
    ):
        assert words in text


# ---- sending


def test_sending_makes_a_report_and_leads_to_it(city, django_assert_max_num_queries):
    citizen = signed_in(city.citizen)
    with django_assert_max_num_queries(30):
        response = send(
            citizen, form_fields(city, latitude="30.64", longitude="104.04", accuracy="9")
        )
    report = Report.objects.get()
    assert response.status_code == 303
    assert response["Location"] == reverse("reports:report", args=[report.number])
    assert (report.stall, report.category, report.words) == (
        city.stall,
        city.category,
        "菜摊占了半条过道",
    )
    assert (report.latitude, report.longitude, report.accuracy) == (30.64, 104.04, 9)
    assert not Draft.objects.exists()


def test_sending_again_leads_to_the_same_report(city):
    citizen, key = signed_in(city.citizen), str(uuid4())
    first = send(citizen, form_fields(city, key=key))
    again = send(citizen, form_fields(city, key=key))
    assert first["Location"] == again["Location"]
    assert Report.objects.count() == Photo.objects.count() == 1


def test_market_and_number_do_as_well_as_a_code(city):
    send(
        signed_in(city.citizen),
        form_fields(city, stall=None, market=city.market.pk, stall_number="a-12"),
    )
    assert Report.objects.get().stall == city.stall


def test_the_market_alone_is_enough(city):
    send(signed_in(city.citizen), form_fields(city, stall=None, market=city.market.pk))
    report = Report.objects.get()
    assert (report.market, report.stall, report.merchant) == (city.market, None, None)


@pytest.mark.parametrize("place", [("nan", "1"), ("91", "0"), ("<b>", "0"), ("1e400", "3")])
def test_a_nonsense_position_counts_as_none(city, place):
    fields = form_fields(city, latitude=place[0], longitude=place[1])
    assert send(signed_in(city.citizen), fields).status_code == 303
    assert Report.objects.get().latitude is None


def test_a_line_end_counts_once(city):
    fields = form_fields(city, words="\r\n".join(["字"] * 500))
    assert send(signed_in(city.citizen), fields).status_code == 303
    assert len(Report.objects.get().words) == 999


def test_somebody_elses_key_never_leads_to_their_report(city):
    key = uuid4()
    theirs = submit(city, by=city.stranger, key=key)
    response = send(signed_in(city.citizen), form_fields(city, key=str(key)))
    assert response.status_code == 422
    assert theirs.number not in page_of(response)
    assert "请再按一次" in page_of(response)
    new_key = response.context["key"]
    assert new_key != key
    again = form_fields(city, key=str(new_key), photo_near=None)
    assert send(signed_in_same(response, city), again).status_code == 303
    assert Report.objects.filter(reporter=city.citizen).count() == 1


def signed_in_same(response, city) -> Client:
    """The browser that got this answer."""
    client = Client()
    client.cookies = response.client.cookies
    return client


# ---- refusals: each its sentence, and nothing chosen is lost


def refused(client: Client, fields: dict) -> str:
    response = send(client, fields)
    assert response.status_code == 422
    assert not Report.objects.exists()
    return page_of(response)


def test_no_photo(city):
    text = refused(signed_in(city.citizen), form_fields(city, photo_near=None))
    assert "请至少放一张照片" in text
    assert "菜摊占了半条过道" in text
    assert 'value="occupying" checked' in text


def test_text_named_jpg(city):
    text = refused(signed_in(city.citizen), form_fields(city, photo_near=upload(BAD)))
    assert UNREADABLE in text


def test_truncated_jpeg(city):
    half = jpeg()[: len(jpeg()) // 2]
    text = refused(signed_in(city.citizen), form_fields(city, photo_near=upload(half)))
    assert UNREADABLE in text


def test_enormous_png(city):
    header = camera_png_header(20_000, 20_000)
    text = refused(signed_in(city.citizen), form_fields(city, photo_near=upload(header)))
    assert "照片像素太多" in text


def camera_png_header(width: int, height: int) -> bytes:
    """A PNG that says it is that large; the door must not need its pixels."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def test_25_megabytes(city, settings):
    large = upload(jpeg() + b"\0" * (25 * 1024 * 1024))
    text = refused(signed_in(city.citizen), form_fields(city, photo_near=large))
    assert "这张照片超过 20 MB" in text
    assert files_on_disk(settings) == []


def test_a_large_one_does_not_take_the_good_one_beside_it(city):
    fields = form_fields(
        city, photo_near=upload(jpeg(2)), photo_wide=upload(jpeg() + b"\0" * (21 * 1024 * 1024))
    )
    text = refused(signed_in(city.citizen), fields)
    assert "这张照片超过 20 MB" in text
    assert Photo.objects.get().slot == 0


def test_five_photos(city):
    fields = form_fields(
        city,
        photo_near=upload(jpeg(1)),
        photo_wide=upload(jpeg(2)),
        photo_extra_1=upload(jpeg(3)),
        photo_extra_2=upload(jpeg(4)),
        photo_extra_3=upload(jpeg(5)),
    )
    text = refused(signed_in(city.citizen), fields)
    assert "最多 4 张照片" in text
    assert sorted(Photo.objects.values_list("slot", flat=True)) == [0, 1, 2, 3]


def test_five_photos_in_one_field(city):
    fields = form_fields(city, photo_near=[upload(jpeg(seed)) for seed in range(5)])
    assert "最多 4 张照片" in refused(signed_in(city.citizen), fields)
    assert Photo.objects.count() == 4


def test_a_body_beyond_all_reason_is_not_read(city):
    response = signed_in(city.citizen).post(
        URL, data=b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="900000000"
    )
    assert response.status_code == 413
    assert "最多 4 张照片" in page_of(response)


def test_missing_type_unknown_market_and_words_too_long(city):
    fields = form_fields(city, category=None, words="字" * 1001, stall=None, market="999999")
    text = refused(signed_in(city.citizen), fields)
    for words in ("请选择是什么问题", "最多 1000 个字", "字" * 1001):
        assert words in text


def test_a_number_the_market_does_not_have(city):
    fields = form_fields(city, stall=None, market=city.market.pk, stall_number="Z-99")
    text = refused(signed_in(city.citizen), fields)
    assert "玉林综合市场没有 Z-99 号摊位" in text
    assert 'value="Z-99"' in text


def test_food_needs_its_stall(city):
    fields = form_fields(city, stall=None, market=city.market.pk, category=city.food_category.code)
    assert "请填摊位号" in refused(signed_in(city.citizen), fields)


def test_a_bad_photo_among_good_ones_loses_nothing(city):
    citizen, key = signed_in(city.citizen), str(uuid4())
    fields = form_fields(
        city, key=key, photo_near=upload(jpeg(2)), photo_wide=upload(BAD), words="一个都不能少"
    )
    text = refused(citizen, fields)
    assert UNREADABLE in text
    assert "一个都不能少" in text
    assert reverse("reports:draft_photo", args=[key, 0]) in text
    response = send(
        citizen, form_fields(city, key=key, words="一个都不能少", photo_near=None, photo_wide=None)
    )
    assert response.status_code == 303
    assert Report.objects.get().photos.get().slot == 0


def test_a_kept_photo_can_be_taken_out(city, settings, django_capture_on_commit_callbacks):
    citizen, key = signed_in(city.citizen), str(uuid4())
    fields = form_fields(city, key=key, category=None, photo_wide=upload(jpeg(2)))
    refused(citizen, fields)
    with django_capture_on_commit_callbacks(execute=True):
        response = send(
            citizen, form_fields(city, key=key, photo_near=None, words="改过的话", drop="1")
        )
    assert response.status_code == 303
    assert Photo.objects.get().slot == 0
    assert len(files_on_disk(settings)) == 1
    assert "改过的话" in page_of(citizen.get(response["Location"]))


# ---- signed out in mid-form


def test_an_expired_session_loses_nothing(city, client):
    fields = form_fields(city, photo_wide=upload(camera.heic(), "IMG_2.HEIC"), words="登录过期了")
    response = send(client, fields)
    assert response.status_code == 302
    target = urlsplit(response["Location"])
    assert target.path == reverse("account_login")
    (back,) = parse_qs(target.query)["next"]
    assert not Report.objects.exists()
    tasks.process_due_photos()

    sign_in(client, city.citizen)  # keeps the anonymous session's memory, as signing in does
    text = page_of(client.get(back))
    assert "登录过期了" in text
    assert 'value="occupying" checked' in text
    assert "您填的内容都还在" in text
    for slot in (0, 1):
        address = reverse("reports:draft_photo", args=[fields["key"], slot])
        assert address in text
        picture = client.get(address)
        assert picture["Content-Type"] == "image/jpeg"
        assert b"".join(picture.streaming_content).startswith(b"\xff\xd8")

    response = send(
        client, form_fields(city, key=fields["key"], photo_near=None, words="登录过期了")
    )
    report = Report.objects.get()
    assert response["Location"] == reverse("reports:report", args=[report.number])
    assert [photo.status for photo in report.photos.all()] == ["ready", "ready"]
    # Pressed again, or found in the history: the report, not an empty form.
    assert client.get(back)["Location"] == reverse("reports:report", args=[report.number])


def test_a_draft_is_shown_only_to_who_sent_it(city, client):
    fields = form_fields(city)
    send(client, fields)
    address = reverse("reports:draft_photo", args=[fields["key"], 0])
    assert client.get(address).status_code == 200
    assert Client().get(address).status_code == 404
    stranger = signed_in(city.stranger)
    assert stranger.get(address).status_code == 404
    response = stranger.get(f"{URL}?draft={fields['key']}", follow=True)
    assert "菜摊占了半条过道" not in page_of(response)
    assert "没有保留" in page_of(response)


def test_a_stranger_cannot_write_into_a_draft(city, client):
    fields = form_fields(city)
    send(client, fields)
    send(Client(), form_fields(city, key=fields["key"], words="改掉"))
    assert Draft.objects.get(pk=fields["key"]).fields["words"] == "菜摊占了半条过道"
    send(
        signed_in(city.stranger), form_fields(city, key=fields["key"], category=None, words="改掉")
    )
    assert Draft.objects.get(pk=fields["key"]).fields["words"] == "菜摊占了半条过道"


def test_the_refusals_are_still_there_after_signing_in(city, client):
    fields = form_fields(city, photo_wide=upload(BAD), category=None)
    back = parse_qs(urlsplit(send(client, fields)["Location"]).query)["next"][0]
    sign_in(client, city.citizen)
    text = page_of(client.get(back))
    assert UNREADABLE in text
    assert "请选择是什么问题" in text


def test_a_stale_token_keeps_the_form_instead_of_throwing_it_away(city):
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, city.citizen)
    response = send(strict, form_fields(city))
    assert response.status_code == 422
    assert not Report.objects.exists()
    text = page_of(response)
    assert "请再按一次" in text
    assert "菜摊占了半条过道" in text
    token = strict.cookies["csrftoken"].value
    again = form_fields(city, key=str(response.context["key"]), photo_near=None)
    assert send(strict, again | {"csrfmiddlewaretoken": token}).status_code == 303


def test_another_sites_page_neither_leaves_a_draft_nor_signs_anybody_out(city):
    """The browser sends no session along, and would take the one that a draft brings."""
    stranger = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    response = send(stranger, form_fields(city))
    assert response.status_code == 403
    assert "sessionid" not in response.cookies
    assert not Draft.objects.exists()
    own = Client(enforce_csrf_checks=True, headers={"origin": "http://testserver"})
    assert send(own, form_fields(city)).status_code == 302
    assert Draft.objects.count() == 1


def test_a_photo_found_unreadable_while_kept_is_said(city, client):
    cut = bytearray(camera.photo(3, size=(1600, 1200)))
    cut[2000:-4000] = b"\0" * (len(cut) - 6000)  # head and tail are fine, so the door lets it pass
    fields = form_fields(city, category=None, photo_near=upload(bytes(cut)))
    back = parse_qs(urlsplit(send(client, fields)["Location"]).query)["next"][0]
    tasks.process_due_photos()
    sign_in(client, city.citizen)
    text = page_of(client.get(back))
    if Photo.objects.get().status == Photo.Status.FAILED:
        assert UNREADABLE in text
        assert "请至少放一张照片" in text
    else:
        assert reverse("reports:draft_photo", args=[fields["key"], 0]) in text


def test_drafts_are_thrown_away_after_a_day(
    city, client, settings, django_capture_on_commit_callbacks
):
    send(client, form_fields(city))
    send(client, form_fields(city))
    old = Draft.objects.order_by("created_at").first()
    old.created_at = timezone.now() - timezone.timedelta(hours=25)
    old.save(update_fields=["created_at"])
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.purge_drafts() == 1
        assert tasks.purge_drafts() == 0
    assert Draft.objects.count() == Photo.objects.count() == 1
    assert len(files_on_disk(settings)) == 1


def test_a_full_disk_keeps_the_words(city, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.files.default_storage.save", full)
    text = refused(signed_in(city.citizen), form_fields(city))
    assert "照片暂时存不下" in text
    assert "菜摊占了半条过道" in text


def test_forms_of_people_not_signed_in_are_kept_up_to_a_number(city, client, monkeypatch, settings):
    monkeypatch.setattr("reports.actions.drafts.MAX_ANONYMOUS", 1)
    send(Client(), form_fields(city))
    fields = form_fields(city, words="文字还在")
    back = parse_qs(urlsplit(send(client, fields)["Location"]).query)["next"][0]
    assert len(files_on_disk(settings)) == 1
    sign_in(client, city.citizen)
    text = page_of(client.get(back))
    assert "文字还在" in text
    assert "请重新选择照片" in text
    again = form_fields(city, key=fields["key"])
    assert send(client, again).status_code == 303
