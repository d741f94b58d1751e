"""Bringing a programme in from its preset, or up to date with it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from points.calendar import local_date
from points.models import Programme, Rule
from points.states import Per, Unit

PRESETS = Path(__file__).resolve().parent.parent / "presets"
PROGRAMME_FIELDS = [
    "name",
    "name_en",
    "validity_months",
    "points_per_yuan",
    "monthly_cap_per_person",
    "starts_on",
    "ends_on",
    "extras",
]
RULE_FIELDS = ["name", "name_en", "unit", "points", "per", "monthly_cap_per_person"]


class Loaded(NamedTuple):
    """The programme, and the codes of the rules that changed or ended."""

    programme: Programme
    new_versions: list[str]
    ended: list[str]


class BadPreset(Exception):
    """The preset can't be read; the text says why."""


def preset_names() -> list[str]:
    return sorted(path.stem for path in PRESETS.glob("*.json"))


@transaction.atomic
def load_programme(*, name: str, data: dict[str, Any] | None = None) -> Loaded:
    """Load points/presets/NAME.json (or `data` of that form); a second time changes nothing.

    A rule whose number changed gets a new version that counts from today. Locks the programme.
    Errors: BadPreset.
    """
    preset = data if data is not None else _read(name)
    try:
        fields = _programme_fields(preset)
        rules = [_rule_fields(rule) for rule in preset["rules"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BadPreset(f"{name}: {type(error).__name__} {error}") from error
    programme, fresh = Programme.objects.get_or_create(code=preset["code"], defaults=fields)
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    changed = [f for f in PROGRAMME_FIELDS if getattr(programme, f) != fields[f]]
    for field in changed:
        setattr(programme, field, fields[field])
    if changed:
        programme.save(update_fields=changed)
    today = local_date()
    newest = {rule.code: rule for rule in programme.rules.order_by("version")}
    added = []
    for rule in rules:
        last = newest.pop(rule["code"], None)
        if last and last.ends_on == rule["ends_on"] and _same(last, rule):
            continue
        Rule.objects.create(
            programme=programme,
            version=last.version + 1 if last else 1,
            # A programme brought in today may still be told what happened before.
            starts_on=programme.starts_on if fresh else today,
            **rule,
        )
        added.append(rule["code"])
    ended = []
    for code, gone in newest.items():
        if gone.ends_on is None:
            gone.ends_on = today - timedelta(days=1)
            gone.save(update_fields=["ends_on"])
            ended.append(code)
    return Loaded(programme, added, ended)


def _read(name: str) -> dict[str, Any]:
    path = PRESETS / f"{name}.json"
    if name not in preset_names():
        raise BadPreset(f"no preset {name!r}; there are: {', '.join(preset_names())}")
    preset: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return preset


def _programme_fields(preset: dict[str, Any]) -> dict[str, Any]:
    if preset["format"] != 1:
        raise ValueError(f"unknown format {preset['format']}")
    return {
        "name": preset["name"],
        "name_en": preset["name_en"],
        "validity_months": preset["validity_months"],
        "points_per_yuan": preset["points_per_yuan"],
        "monthly_cap_per_person": preset.get("monthly_cap_per_person"),
        "starts_on": date.fromisoformat(preset["starts_on"]),
        "ends_on": _date(preset.get("ends_on")),
        "extras": preset.get("extras", {}),
    }


def _rule_fields(rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": rule["code"],
        "name": rule["name"],
        "name_en": rule["name_en"],
        "unit": Unit(rule.get("unit", Unit.MATERIAL)).value,
        "points": int(rule["points"]),
        "per": Per(rule.get("per", Per.FIXED)).value,
        "monthly_cap_per_person": rule.get("monthly_cap_per_person"),
        "ends_on": _date(rule.get("ends_on")),
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _same(rule: Rule, fields: dict[str, Any]) -> bool:
    return all(getattr(rule, name) == fields[name] for name in RULE_FIELDS)
