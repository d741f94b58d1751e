"""Large type, and the small files that browsers and robots ask for."""

import pytest
from django.test import Client
from django.urls import reverse

from pages.views.well_known import PRIVATE

SIZE = "/size/"


# --- large type --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_large_type_is_switched_on_kept_and_off(client: Client) -> None:
    answer = client.post(SIZE, {"size": "large", "next": "/volunteer/?day=1"})
    assert answer["Location"] == "/volunteer/?day=1"
    cookie = answer.cookies["size"]
    assert (cookie.value, cookie["samesite"], bool(cookie["httponly"])) == ("large", "Lax", True)
    assert 'data-size="large"' in client.get("/").content.decode()
    assert "标准字" in client.get("/").content.decode()
    client.post(SIZE, {"size": "normal", "next": "/"})
    assert 'data-size="large"' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "https://testserver@evil.example/",
        "\r\nLocation: https://evil.example/",
        "",
    ],
)
def test_nobody_is_led_away(client: Client, away: str) -> None:
    assert client.post(SIZE, {"size": "large", "next": away})["Location"] == "/"


def test_a_link_alone_changes_nothing(client: Client) -> None:
    answer = client.get(SIZE, {"size": "large"})
    assert answer.status_code == 405
    assert "size" not in answer.cookies


def test_another_site_cannot_press_the_button() -> None:
    assert Client(enforce_csrf_checks=True).post(SIZE, {"size": "large"}).status_code == 403


# --- small files -------------------------------------------------------------------------------
def test_robots_keep_out_of_what_is_private(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert text.startswith("User-agent: *\n")
    for name in ("pages:me", "reports:orders", "admin:index", "account_login", "rewards:kiosk"):
        assert any(reverse(name).startswith(path) for path in PRIVATE), name
    assert "Disallow: /me/\n" in text
    assert "Disallow: /\n" not in text


def test_the_manifest_names_the_site(client: Client) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["short_name"] == "随手拍"
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200


@pytest.mark.django_db
def test_pages_name_the_manifest(client: Client) -> None:
    assert 'rel="manifest" href="/manifest.webmanifest"' in client.get("/").content.decode()


def test_the_old_name_of_the_icon(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("favicon.svg")


@pytest.mark.parametrize("debug", [True, False])
def test_the_style_guide_is_for_development(client: Client, settings, debug: bool) -> None:
    settings.DEBUG, settings.TESTING = debug, False
    assert client.get("/dev/look/").status_code == (200 if debug else 404)
