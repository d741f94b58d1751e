import re

import pytest
from django.test import Client
from django.urls import reverse as path_of
from django.utils import translation

from points import queries
from points.actions import household, person, refund, reverse
from points.models import Rule
from points.sources import link
from points.states import Unit
from points.views import PER_PAGE
from tests.makers import make_resident
from tests.points.ledger import give, make_ledger, make_rule, use, when
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
PATH = "/me/points/"


@pytest.fixture
def citizen():
    return make_resident(nickname="李女士")


@pytest.fixture
def programme(time_machine):
    time_machine.move_to(when(2026, 11, 21), tick=False)
    return make_ledger()


def text(response):
    assert response.status_code == 200
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


# --- the rows -----------------------------------------------------------------------------------


def test_the_rows_tell_the_whole_story(programme):
    holder = person(1)
    given = give(
        holder, programme, 20, at=when(2025, 12, 3), source="report:2026-7", memo="占道经营"
    )
    spent = use(holder, programme, 15, at=when(2026, 1, 3), memo="50 元菜券")
    refund(transfer_id=spent.pk, source="redemption:1", by=None, key="r", at=when(2026, 1, 4))
    contra = reverse(transfer_id=given.transfer.pk, by=None, memo="照片重复", key="v")
    rows = queries.statement(holder, programme)
    assert [(row.points, row.balance) for row in rows] == [(-20, 0), (15, 20), (-15, 5), (20, 20)]
    taken, back, out, first = rows
    assert (taken.id, taken.is_reversal, taken.memo) == (contra.pk, True, "照片重复")
    assert taken.words == "冲正：上报属实"
    assert (back.words, back.expires_on, back.is_reversal) == (
        "积分退回",
        given.transfer.expires_on,
        True,
    )
    assert (out.words, out.memo, out.expires_on, out.is_reversed) == (
        "兑换商品",
        "50 元菜券",
        None,
        True,
    )
    assert (first.words, first.memo, first.is_reversed) == ("上报属实", "占道经营", True)
    assert first.link == "/report/2026-7/"
    assert first.date == when(2025, 12, 3).date()
    with translation.override("en"):
        assert queries.statement(holder, programme)[0].words == "Taken back: Report verified"


def test_pages_follow_without_gap_or_repeat(programme, django_assert_max_num_queries):
    holder = person(1)
    for points in range(1, 8):
        give(holder, programme, points)
        give(person(2), programme, points)
        use(holder, programme, 1)
    whole = queries.statement(holder, programme)
    assert len(whole) == 14
    paged, before = [], None
    for _ in range(5):
        with django_assert_max_num_queries(4):
            page = queries.statement(holder, programme, before_id=before, limit=3)
        paged += page
        before = page[-1].id
    assert paged == whole
    assert queries.statement(holder, programme, before_id=before) == []


def test_everyone_has_their_own(programme):
    give(person(1), programme, 5)
    give(household(1), programme, 6)
    give(person(1), make_ledger(), 7)
    make_rule(programme, "kind", 8, unit=Unit.HONOUR)
    give(person(1), programme, 1, rule_code="kind")
    assert [row.points for row in queries.statement(person(1), programme)] == [5]
    assert [row.points for row in queries.statement(household(1), programme)] == [6]
    assert queries.statement(person(3), programme) == []


def test_points_for_good_have_no_date():
    programme = make_ledger(validity_months=None)
    give(person(1), programme, 5)
    assert queries.statement(person(1), programme)[0].expires_on is None


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("report:2026-0001", "/report/2026-0001/"),
        ("report:2026-0001:corroborated", "/report/2026-0001/"),
        (
            "redemption:0b4ee9a4-6fd0-4a5b-9d3c-3f0d3b1b2c11",
            "/me/vouchers/0b4ee9a4-6fd0-4a5b-9d3c-3f0d3b1b2c11/",
        ),
        ("volunteer:12:7", "/volunteer/12/"),
        ("redemption:17", ""),  # no such address
        ("report:", ""),
        ("report:../admin", ""),
        ("board:2026-11:1", ""),
        ("", ""),
    ],
)
def test_sources_lead_to_their_page_or_nowhere(source, path):
    assert link(source) == path


# --- the page -----------------------------------------------------------------------------------


def test_a_stranger_is_asked_to_sign_in():
    response = Client().get(PATH)
    assert response.status_code == 302
    assert response["Location"] == f"{path_of('account_login')}?next={PATH}"
    assert Client().post(PATH).status_code == 405


def test_nothing_is_posted_to_it(citizen):
    assert signed_in(citizen).post(PATH).status_code == 405


def test_without_points_it_says_how_to_get_some(citizen):
    words = text(signed_in(citizen).get(PATH))
    assert "还没有积分" in words
    assert "现在可用" in words


def test_it_shows_the_balance_and_what_expires_next(citizen, programme):
    me = person(citizen.pk)
    give(me, programme, 20, at=when(2025, 12, 3), memo="占道经营", source="report:2026-7")
    give(me, programme, 50, at=when(2026, 11, 3))
    use(me, programme, 5, memo="1 斤大米")
    response = signed_in(citizen).get(PATH)
    words = text(response)
    assert "65" in words
    assert "其中 15 分可用到 2026年12月31日" in words
    assert "+20" in words
    assert "−5" in words
    assert "占道经营" in words
    assert "1 斤大米" in words
    assert "2027年11月30日 到期" in words
    assert 'href="/report/2026-7/"' in response.content.decode()


def test_it_shows_cuts_corrections_and_honour(citizen, time_machine):
    time_machine.move_to(when(2026, 11, 21), tick=False)
    programme = make_ledger(cap=30)
    make_rule(programme, "kind", 8, unit=Unit.HONOUR)
    me = person(citizen.pk)
    give(me, programme, 1, rule_code="kind")
    given = give(me, programme, 50)
    reverse(transfer_id=given.transfer.pk, by=None, memo="", key="v")
    words = text(signed_in(citizen).get(PATH))
    assert "已到本月积分上限，另有 20 分不再计入" in words
    assert "冲正" in words
    assert "已冲正" in words
    assert "−30" in words
    assert "品德积分" in words


def test_it_does_not_show_what_belongs_to_another(citizen, programme):
    give(person(make_resident().pk), programme, 77, memo="别人的")
    words = text(signed_in(citizen).get(PATH))
    assert "77" not in words
    assert "别人的" not in words


def test_words_are_escaped(citizen, programme):
    Rule.objects.create(
        programme=programme, code="x", points=5, name="<b>粗</b>", starts_on=when(2020, 1, 1)
    )
    give(person(citizen.pk), programme, 1, rule_code="x", memo="<script>alert(1)</script>")
    body = signed_in(citizen).get(PATH).content.decode()
    assert "<script>alert" not in body
    assert "<b>粗" not in body
    assert "&lt;b&gt;粗" in body


def test_older_pages(citizen, programme, django_assert_max_num_queries):
    me = person(citizen.pk)
    for number in range(PER_PAGE + 2):
        give(me, programme, 1, memo=f"第 {number} 件")
    browser = signed_in(citizen)
    with django_assert_max_num_queries(12):
        first = browser.get(PATH)
    body = first.content.decode()
    assert body.count('class="rows__row"') == PER_PAGE
    older = re.search(r'href="(\?before=\d+)"', body).group(1)
    second = browser.get(PATH + older)
    assert second.content.decode().count('class="rows__row"') == 2
    assert "第 0 件" in text(second)
    assert "回到最新" in text(second)
    assert "第 0 件" not in text(first)
    last = browser.get(PATH, {"before": 1})
    assert "没有更早的记录" in text(last)


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"programme": "nowhere"}]
)
def test_what_is_not_there_is_not_found(citizen, programme, query):
    give(person(citizen.pk), programme, 1)
    assert signed_in(citizen).get(PATH, query).status_code == 404


def test_two_programmes_are_two_tabs(citizen, programme):
    me = person(citizen.pk)
    other = make_ledger()
    give(me, programme, 11)
    give(me, other, 22)
    browser = signed_in(citizen)
    assert "+22" in text(browser.get(PATH))
    assert "+11" in text(browser.get(PATH, {"programme": programme.code}))
    assert "+22" not in text(browser.get(PATH, {"programme": programme.code}))


def test_in_english(citizen, programme):
    give(person(citizen.pk), programme, 20)
    response = signed_in(citizen).get(PATH, headers={"accept-language": "en"})
    words = text(response)
    assert "Every point, in and out" in words
    assert "Report verified" in words
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"中文|简体中文|李女士", "", words)), words
