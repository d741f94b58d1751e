"""Rules that hold for the whole project, and the tools that hold them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.celery import app
from tests.processes import ROOT

sys.path.insert(0, str(ROOT / "bin" / "lib"))

import catalogues
import project_rules

ROOMS = ("config", "pages", "reports", "rewards", "volunteers", "markets", "points", "accounts")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def places(pattern: str, files: list[Path]) -> list[str]:
    """Where the pattern stands, as file:line: text."""
    wanted = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted.search(line)
    ]


# --- our own rules --------------------------------------------------------------------------
def test_ci_runs_the_check_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines == [
        "#!/usr/bin/env bash",
        'exec "$(dirname "${BASH_SOURCE[0]}")/../bin/check"',
    ]


def test_no_inline_style_script_or_handler() -> None:
    public = [path for path in TEMPLATES if "admin" not in path.parts]
    assert places(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']", public) == []
    scripts = [
        place
        for place in places(r"<script", public)
        if "src=" not in place and 'type="application/json"' not in place
    ]
    assert scripts == []


def test_a_partial_names_its_inputs() -> None:
    partials = [path for path in TEMPLATES if "partials" in path.parts]
    unnamed = [
        str(path.relative_to(ROOT))
        for path in partials
        if not path.read_text(encoding="utf-8").startswith("{#")
    ]
    assert unnamed == []


def test_nothing_happens_by_signal() -> None:
    assert places(r"@receiver|signals import|\.connect\(\w+_handler", PYTHON) == []


def test_a_change_names_the_fields_it_saves() -> None:
    files = [path for path in PYTHON if "migrations" not in path.parts]
    assert places(r"(?<!super\(\))\.save\(\)", files) == []


def test_every_bell_and_every_sweep_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    app.autodiscover_tasks(force=True)
    rung = {
        name
        for path in PYTHON
        for name in re.findall(r"\bwake\(\s*\"([^\"]+)\"", path.read_text(encoding="utf-8"))
    }
    swept = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert sorted((rung | swept) - set(app.tasks)) == []


# --- the tools that hold the others ---------------------------------------------------------
def test_locks_are_in_step() -> None:
    assert project_rules.locks_in_step() == ""


def test_a_lock_out_of_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = project_rules.lock.tables()
    tables["base"] = [*tables["base"], "nothing-of-this-name>=1"]
    monkeypatch.setattr(project_rules.lock, "tables", lambda: tables)
    trouble = project_rules.locks_in_step()
    assert "older than pyproject.toml" in trouble
    assert "does not satisfy nothing-of-this-name" in trouble


def test_no_machine_is_named_and_no_file_is_too_long() -> None:
    assert project_rules.words() == ""
    assert project_rules.sizes() == ""


def test_messages_are_found_wherever_a_template_can_say_them() -> None:
    text = """{% load i18n %}<a title="{% translate "plain" %}">
        {% blocktranslate count n=x trimmed %}
            {{ n }} report's
            page
        {% plural %}{{ n }} reports{% endblocktranslate %}
          {{ _("argument") }}{% if a == _("in a tag") %}{{ x|default:_("in a filter") }}{% endif %}
     {% translate "with context" context "month" %}
     {% comment %}{% translate "never" %}{% endcomment %}{# {% translate "nor this" %} #}
    """
    assert list(catalogues.in_template(text)) == [
        ("plain", None),
        (("%(n)s report's page", "%(n)s reports"), None),
        ("argument", None),
        ("in a tag", None),
        ("in a filter", None),
        ("with context", "month"),
    ]


def test_words_of_an_app_that_is_not_installed_are_not_taken_for_translated() -> None:
    known = catalogues._translated_elsewhere()
    assert ("Log out", None) in known  # of the admin
    assert ("Filters", None) not in known  # of admindocs only, and the theme says it


def test_problems_of_a_catalogue_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("pages/locale/zh_Hans/LC_MESSAGES", "templates/pages"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "templates/pages/a.html").write_text(
        '{% translate "kept" %}{% translate "new" %}{% translate "unsure" %}'
        '{% translate "empty" %}{% blocktranslate %}{{ n }} points{% endblocktranslate %}'
    )
    (tmp_path / "pages/locale/zh_Hans/LC_MESSAGES/django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nLanguage: zh_Hans\\n"\n\n'
        'msgid "kept"\nmsgstr "留"\n\nmsgid "old"\nmsgstr "旧"\n\n'
        '#, fuzzy\nmsgid "unsure"\nmsgstr "不定"\n\nmsgid "empty"\nmsgstr ""\n\n'
        '#, python-format\nmsgid "%(n)s points"\nmsgstr "%(m)s 分"\n'
    )
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    found = "\n".join(catalogues.problems(["pages"]))
    for expected in (
        "missing: 'new'",
        "stale: 'old'",
        "fuzzy: 'unsure'",
        "not translated: 'empty'",
        "'%(n)s points'",
    ):
        assert expected in found
    assert "kept" not in found

    assert catalogues.update("pages") == (1, 1)
    found = "\n".join(catalogues.problems(["pages"]))
    assert "stale" not in found
    assert "not translated: 'new'" in found
    assert catalogues.update("pages") == (0, 0)  # and a second time changes nothing
