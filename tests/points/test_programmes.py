import copy
import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from points.actions import award, load_programme, person
from points.actions.programmes import PRESETS, BadPreset, preset_names
from points.models import Programme, Rule
from tests.points.ledger import when

pytestmark = pytest.mark.django_db
CHENGDU = json.loads((PRESETS / "chengdu.json").read_text(encoding="utf-8"))


@pytest.fixture
def preset():
    return copy.deepcopy(CHENGDU)


def rule(preset, code):
    return next(each for each in preset["rules"] if each["code"] == code)


def test_chengdu_pays_what_is_published():
    programme = load_programme(name="chengdu").programme
    assert (programme.validity_months, programme.points_per_yuan) == (12, 10)
    paid = {
        code: award(
            to=person(1),
            programme=programme,
            rule_code=code,
            source=f"report:{code}",
            reason="x",
            by=None,
            quantity=quantity,
        ).points
        for code, quantity in [
            ("report_verified", 1),
            ("report_food_safety", 1),
            ("hazard_self_fixed", 1),
            ("volunteer_hour", 3),
        ]
    }
    assert paid == {
        "report_verified": 20,
        "report_food_safety": 50,
        "hazard_self_fixed": 50,
        "volunteer_hour": 30,
    }


@pytest.mark.parametrize("name", preset_names())
def test_loading_twice_changes_nothing(name):
    first = load_programme(name=name)
    assert first.new_versions
    before = [list(Programme.objects.values()), list(Rule.objects.order_by("id").values())]
    assert load_programme(name=name) == (first.programme, [], [])
    assert [list(Programme.objects.values()), list(Rule.objects.order_by("id").values())] == before


def test_a_changed_number_is_a_new_version_from_today(preset, time_machine):
    time_machine.move_to(when(2026, 6, 15), tick=False)
    programme = load_programme(name="x", data=preset).programme
    rule(preset, "report_verified")["points"] = 25
    loaded = load_programme(name="x", data=preset)
    assert (loaded.new_versions, loaded.ended) == (["report_verified"], [])
    versions = list(programme.rules.filter(code="report_verified").order_by("version"))
    assert [(v.version, v.points, v.starts_on) for v in versions] == [
        (1, 20, dt.date(2020, 1, 1)),
        (2, 25, dt.date(2026, 6, 15)),
    ]

    def paid(source, at):
        return award(
            to=person(1),
            programme=programme,
            rule_code="report_verified",
            source=source,
            reason="x",
            by=None,
            at=at,
        ).points

    assert paid("report:1", when(2026, 6, 14, 23, 59)) == 20
    assert paid("report:2", when(2026, 6, 15, 0, 0)) == 25


def test_a_number_that_changes_twice_in_a_day_ends_as_the_last(preset):
    load_programme(name="x", data=preset)
    for points in (25, 30):
        rule(preset, "report_verified")["points"] = points
        load_programme(name="x", data=preset)
    programme = Programme.objects.get(code="chengdu")
    given = award(
        to=person(1),
        programme=programme,
        rule_code="report_verified",
        source="report:1",
        reason="x",
        by=None,
    )
    assert (given.points, given.transfer.rule.version) == (30, 3)


def test_a_rule_that_left_ends_yesterday_and_may_return(preset, time_machine):
    time_machine.move_to(when(2026, 6, 15), tick=False)
    gone = preset["rules"].pop(0)
    load_programme(name="x", data=CHENGDU)
    assert load_programme(name="x", data=preset).ended == [gone["code"]]
    assert Rule.objects.get(code=gone["code"]).ends_on == dt.date(2026, 6, 14)
    assert load_programme(name="x", data=preset).ended == []
    preset["rules"].append(gone)
    assert load_programme(name="x", data=preset).new_versions == [gone["code"]]


def test_the_programme_itself_is_brought_up_to_date(preset):
    load_programme(name="x", data=preset)
    preset["validity_months"] = None
    preset["monthly_cap_per_person"] = 500
    load_programme(name="x", data=preset)
    programme = Programme.objects.get()
    assert (programme.validity_months, programme.monthly_cap_per_person) == (None, 500)


def test_the_form_carries_what_other_cities_do(preset):
    preset.update(code="other", extras={"tiers": [{"from": 800}], "families": {"a": 0.5}})
    preset["rules"] = [
        {"code": "minus", "name": "扣分", "name_en": "Minus", "points": -5},
        {
            "code": "trees",
            "name": "植树",
            "name_en": "Trees",
            "points": 2,
            "per": "item",
            "unit": "honour",
            "monthly_cap_per_person": 200,
            "ends_on": "2030-12-31",
        },
    ]
    programme = load_programme(name="x", data=preset).programme
    trees = programme.rules.get(code="trees")
    assert (trees.unit, trees.per, trees.monthly_cap_per_person) == ("honour", "item", 200)
    assert trees.ends_on == dt.date(2030, 12, 31)
    assert programme.extras["tiers"] == [{"from": 800}]
    assert load_programme(name="x", data=preset).new_versions == []


@pytest.mark.parametrize(
    "spoil",
    [
        {"format": 2},
        {"starts_on": "soon"},
        {"rules": [{"code": "x"}]},
        {"rules": [{"code": "x", "name": "x", "name_en": "x", "points": 5, "per": "minute"}]},
    ],
)
def test_a_bad_preset_says_so_and_changes_nothing(preset, spoil):
    preset.update(spoil)
    with pytest.raises(BadPreset, match=r"^x: "):
        load_programme(name="x", data=preset)
    assert not Programme.objects.exists()


def test_the_command():
    out = StringIO()
    call_command("load_programme", "chengdu", stdout=out)
    assert "new version: report_verified" in out.getvalue()
    with pytest.raises(CommandError, match=r"there are: .*chengdu"):
        call_command("load_programme", "../secrets")


def test_names_in_both_languages():
    programme = load_programme(name="chengdu").programme
    verified = programme.rules.get(code="report_verified")
    assert verified.words == "上报问题，核实办结"
    with translation.override("en"):
        assert verified.words == "Report verified and fixed"
        assert str(programme) == "Chengdu Wuhou · report and redeem"
