"""The look, as far as no browser is needed: contrast, order, size, icons, no inline code."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from config.one_sheet import bundled

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "static" / "css"
# admin.css stands beside the admin's own theme and knows nothing of our layers.
SHEETS = [p for p in (ROOT / "static" / "css").rglob("*.css") if p.name != "admin.css"]
TEMPLATES = ROOT / "templates"
PUBLIC = [
    p for p in TEMPLATES.rglob("*.html") if "admin" not in p.relative_to(TEMPLATES).as_posix()
]

# Letters on their ground, as the components use them.
PAIRS = [
    *[("ink", ground) for ground in ("paper", "surface", "sunk", "leaf-tint", "persimmon-tint")],
    *[("ink-soft", ground) for ground in ("paper", "surface", "sunk")],
    *[("link", ground) for ground in ("paper", "surface", "sunk")],
    *[(f"{tone}-ink", f"{tone}-tint") for tone in ("good", "info", "warn", "bad", "calm")],
    *[("ink", f"{tone}-tint") for tone in ("good", "info", "warn", "bad")],
    ("bad-ink", "surface"),
    ("bad-ink", "paper"),
    ("on-leaf", "leaf"),
    ("on-persimmon", "persimmon"),
    ("on-danger", "danger"),
    ("on-bar", "bar"),
    ("on-bar", "bar-line"),
    ("leaf", "surface"),
    ("leaf", "paper"),
    ("leaf-deep", "leaf-tint"),
    ("persimmon", "surface"),
    ("persimmon-deep", "surface"),
    ("persimmon-deep", "persimmon-tint"),
]
# Edges that must be seen to use a thing: 3:1 (WCAG 1.4.11).
EDGES = [("line-strong", ground) for ground in ("paper", "surface")] + [
    ("focus", "paper"),
    ("danger", "surface"),
]


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme, as tokens.css gives them."""
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    found = {}
    light = text[: text.index(':root[data-size="large"]')]
    large = text[
        text.index(':root[data-size="large"]') : text.index("@media (prefers-color-scheme")
    ]
    dark = text[text.index("@media (prefers-color-scheme") : text.index(":root[data-kiosk]")]
    parts = {"light": [light], "large": [light, large], "dark": [light, dark]}[theme]
    for part in parts:
        found.update(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", part))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "large", "dark"])
def test_letters_stand_out_from_their_ground(theme: str) -> None:
    colour = tokens(theme)
    weak = {
        f"{letters} on {ground}": round(ratio, 2)
        for pairs, least in ((PAIRS, 4.5), (EDGES, 3.0))
        for letters, ground in pairs
        if (ratio := contrast(colour[letters], colour[ground])) < least
    }
    assert not weak


def test_every_sheet_is_imported_once_in_its_layer() -> None:
    entry = (CSS / "site.css").read_text(encoding="utf-8")
    imported = re.findall(r'@import url\("([^"]+)"\) layer\((\w+)\);', entry)
    there = {p.relative_to(CSS).as_posix() for p in SHEETS} - {"site.css"}
    assert sorted(path for path, _ in imported) == sorted(there)
    for path, layer in imported:
        assert layer == (path.split("/")[0] if "/" in path else path.removesuffix(".css"))


def test_colours_are_named_in_tokens_only() -> None:
    """Other files say var(--…); the exceptions stand on a photo or on a code's white ground."""
    allowed = {"components/photo.css", "components/code.css", "base.css"}
    for path in SHEETS:
        name = path.relative_to(CSS).as_posix()
        if name != "tokens.css" and name not in allowed:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8")), name


def test_public_templates_hold_no_inline_code_and_no_emoji() -> None:
    for path in PUBLIC:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle\s*=|<style\b|\son\w+\s*=\s*[\"']", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", text), path


def test_partials_name_their_inputs_first() -> None:
    for path in (TEMPLATES / "partials").glob("*.html"):
        assert re.match(r"\{# .+ #\}\n", path.read_text(encoding="utf-8")), path


def test_icons_and_scripts_that_pages_name_exist() -> None:
    sprite = (ROOT / "static/img/icons.svg").read_text(encoding="utf-8")
    symbols = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    assert len(symbols) > 40
    for path in PUBLIC:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r'partials/icon\.html" with name="([\w-]+)"', text))
        assert named <= symbols, (path, named - symbols)
        for asset in re.findall(r"\{% static '([^']+)' %\}", text):
            assert finders.find(asset), (path, asset)


@pytest.mark.urls("tests.pages.look_urls")
@pytest.mark.django_db
@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("address", ["/dev/look/", "/dev/look/?kiosk"])
def test_style_guide_shows_every_part(client: Client, address: str, size: str) -> None:
    client.cookies["size"] = size
    answer = client.get(address)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert ('data-size="large"' in page) == (size == "large")
    assert 'href="/static/css/site.css' in page
    if "kiosk" not in address:
        for part in ("timeline", "photo-pair", "badge--late", "clock--paused", "code__digits"):
            assert part in page
        assert "<span>4082</span><span>1937</span>" in page


def test_first_view_is_light() -> None:
    """Page, sheet, icons, mark and scripts of a first view, compressed: 60 kB is the bar."""
    request = RequestFactory().get("/")
    page = render_to_string("404.html", {}, request)
    scripts = re.findall(r'src="/static/(js/[\w-]+\.js)', page)
    assert scripts
    parts = [page, bundled("css/site.css")]
    for asset in [*scripts, "img/icons.svg", "img/mark.svg", "img/favicon.svg"]:
        parts.append(Path(finders.find(asset)).read_text(encoding="utf-8"))
    assert sum(len(gzip.compress(part.encode())) for part in parts) < 30_000


def test_collected_sheet_is_one_piece(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "config.one_sheet.OneSheetStorage"},
    }
    # Only our own files: the admin's themes take seconds and prove nothing here.
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", interactive=False, verbosity=0)
    hashed = list((settings.STATIC_ROOT / "css").glob("site.*.css"))
    assert len(hashed) == 1
    text = hashed[0].read_text(encoding="utf-8")
    assert "@import url(" not in text
    assert text.index("@layer reset, tokens") < text.index("@layer components {")
    assert ".timeline__move" in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["400", "403", "404", "500"])
def test_error_pages_need_nothing(name: str) -> None:
    """They must stand without a request too: that is when they are needed."""
    for request in (None, RequestFactory().get("/gone/")):
        page = render_to_string(f"{name}.html", {}, request)
        assert "<h1>" in page
        assert 'href="/"' in page
