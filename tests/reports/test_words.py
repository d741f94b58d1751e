"""Words people read: the timeline's are a contract, every refusal is a sentence."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from reports.drawing import WHO, states_page
from reports.errors import DispatchRefused, OrderRefused, ReportRefused
from reports.imaging.refusals import CODES
from reports.states import State, Verb
from reports.words import photo_sentence, sentence

CONTRACT = {
    State.SUBMITTED: "待受理",
    State.ACCEPTED: "已受理",
    State.REFUSED: "不予受理",
    State.DISPATCHED: "已派单",
    State.IN_PROGRESS: "处置中",
    State.CHECKING: "待核查",
    State.CLOSED: "已办结",
}


@pytest.mark.parametrize("state", State)
def test_states_in_the_words_of_the_timeline(state):
    with translation.override("zh-hans"):
        assert str(state.label) == CONTRACT[state]


def test_the_unreadable_photo_is_said_as_it_was_agreed():
    with translation.override("zh-hans"):
        assert (
            photo_sentence("unreadable")
            == "照片无法读取，请换一张（支持 JPG、PNG、WebP、HEIC，单张 ≤ 20 MB）。"
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", sorted(CODES))
def test_every_refused_photo_gets_a_sentence(code, language):
    with translation.override(language):
        assert len(photo_sentence(code)) > 10


def documented_codes() -> list[str]:
    """The codes in the tables of the exceptions' docstrings."""
    codes: list[str] = []
    for refusal in (ReportRefused, DispatchRefused, OrderRefused):
        for line in re.findall(r"^\s*\| ([a-z_, ]+) \|", refusal.__doc__ or "", re.MULTILINE):
            codes += [code.strip() for code in line.split(",")]
    return sorted(set(codes) - {"code"})


class Anything:
    """Stands for whatever a sentence names."""

    pk = 7
    department = "城管"

    def __str__(self) -> str:
        return "某某"


NAMED = ("market", "category", "stall", "moved_to", "limit", "department", "handler", "by", "at")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", documented_codes())
def test_every_refusal_gets_its_own_sentence(code, language):
    about = {name: Anything() for name in NAMED} | {"rule": Anything(), "reason": "unreadable"}
    about |= {"verb": Verb.ACCEPT, "state": State.CLOSED, "what": "handler"}
    refusal = ReportRefused(code, **about)
    with translation.override(language):
        words = sentence(refusal)
        unknown = sentence(ReportRefused("no_such_code"))
    assert words != unknown
    assert "%(" not in words
    assert words[-1] in ".。)）"


def test_the_page_about_states_says_what_the_table_says():
    written = Path(settings.BASE_DIR, "docs", "states.md").read_text(encoding="utf-8")
    assert written == states_page(), "run manage.py draw_states"


def test_everybody_who_moves_is_named():
    assert set(WHO) == set(Verb)
