"""What those who run it are told."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory

from pages.views import health


def test_alive_without_database_session_or_policy(client: Client) -> None:
    """No database mark on this test: a query would fail it."""
    answer = client.get("/livez")
    assert answer.status_code == 200
    assert answer.content == b"ok\n"
    assert "Content-Security-Policy" not in answer
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_a_probe_asks_by_number_and_in_the_clear(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["city.example"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez", headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/robots.txt", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_ready(client: Client, monkeypatch, django_assert_num_queries) -> None:
    monkeypatch.setattr(health, "_broker", lambda: "ok")
    with django_assert_num_queries(2):
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "broker": "ok"}
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer


@pytest.mark.django_db
def test_a_broker_that_is_away_is_said_and_fails_nothing(client: Client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens on port 1
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "broker": "away"}


def test_a_database_that_is_away_is_a_sentence(client: Client, monkeypatch) -> None:
    def away():
        raise DatabaseError("connection refused: password=secret")

    monkeypatch.setattr(health, "_unapplied", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "连不上数据库" in answer.content.decode()
    assert "secret" not in answer.content.decode()
    assert answer["Retry-After"] == "5"


@pytest.mark.django_db
def test_a_migration_that_was_not_run_is_said(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'markets'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "还差 1 个迁移" in answer.content.decode()


@pytest.mark.django_db
def test_an_empty_database_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO somewhere_else")
    answer = health.readyz(RequestFactory().get("/readyz"))
    assert answer.status_code == 503


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_only_asked(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
