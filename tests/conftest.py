"""What every test is given, and the one rule about a whole run: no template stays unrendered."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import kombu.pools
import pytest
from django.db import connection
from django.test.signals import template_rendered

from tests.processes import ROOT, Broker, Worker

# Playwright keeps an event loop in the thread of the test; the ORM is used from there on purpose.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

TEMPLATES = ROOT / "templates"
_rendered: set[str] = set()


# --- no template stays unrendered ----------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-template",
        action="store_true",
        help="fail when a template of the project is rendered by no test (for full runs)",
    )


def _note_template(template: Any, **_: Any) -> None:
    name = getattr(template.origin, "name", "")
    if name.startswith(str(TEMPLATES)):
        _rendered.add(str(Path(name).relative_to(TEMPLATES)))


def pytest_configure(config: pytest.Config) -> None:
    template_rendered.connect(_note_template)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take from each xdist process what it rendered."""
    _rendered.update(getattr(node, "workeroutput", {}).get("rendered", ()))


def never_rendered() -> list[str]:
    """Templates of the project that nothing has rendered so far, in order."""
    there = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    return sorted(there - _rendered)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["rendered"] = sorted(_rendered)
    elif session.config.getoption("--every-template") and exitstatus == 0 and never_rendered():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--every-template") and (missing := never_rendered()):
        terminalreporter.section("templates that no test renders", red=True)
        for name in missing:
            terminalreporter.line(name)


# --- the database --------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Where bin/test has migrated a database already, each process copies that one."""
    connection.settings_dict["TEST"]["TEMPLATE"] = os.environ.get("TEST_TEMPLATE")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Transactional tests empty the tables between them, which append-only tables refuse.

    Only their TRUNCATE triggers are switched off; those against UPDATE and DELETE stay.
    Fails where no collected test is marked `django_db`: then this is not a test's database.
    """
    assert connection.settings_dict["NAME"].startswith("test_"), "mark one test with django_db"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "select tgrelid::regclass::text, tgname from pg_trigger"
            " where not tgisinternal and (tgtype::int & 32) > 0"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f'alter table {table} disable trigger "{trigger}"')


def database_url() -> str:
    """The address of this process's test database, for a program that is started beside it."""
    it = connection.settings_dict
    who = quote(it["USER"]) + (f":{quote(it['PASSWORD'])}" if it["PASSWORD"] else "")
    return f"postgres://{who}@{it['HOST']}:{it['PORT']}/{it['NAME']}"


# --- settings ------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Each test keeps its files to itself."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    # Look a static file up when it is asked for: each test client would list them all first.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def bell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were rung for. Nothing is sent, except where `worker` is used."""
    rung: list[str] = []
    monkeypatch.setattr("config.wake._silent_until", 0.0)
    if not {"worker", "broker"} & set(request.fixturenames):
        monkeypatch.setattr("config.wake.ring", rung.append)
    return rung


# --- real processes beside the test --------------------------------------------------------------
@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A Valkey of this test's own, to kill and flush; `wake()` and `worker` use it."""
    from config.celery import app

    server = Broker(tmp_path / "valkey")
    monkeypatch.setattr(app.conf, "broker_url", server.url)
    _forget_connections(app)
    try:
        yield server
    finally:
        _forget_connections(app)
        server.end()


def _forget_connections(app: Any) -> None:
    """Let Celery open its connections anew, at the address that is set now."""
    kombu.pools.reset()
    app._pool = app.amqp._producer_pool = None


@pytest.fixture
def worker_env(broker: Broker, transactional_db: None, settings: Any) -> dict[str, str]:
    """The environment in which a program beside the test sees the test's data and files."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker.url,
        "DATA_DIR": str(settings.DATA_DIR),
        "DEBUG": "1",  # the same keys as the tests'
    }


@pytest.fixture
def worker(worker_env: dict[str, str]) -> Iterator[Worker]:
    """A real Celery worker on the test's database, files and broker."""
    process = Worker(worker_env)
    try:
        yield process
    finally:
        process.end()


# --- the browser ---------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium where there is one, kept from calling home."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    more = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **more, "args": flags}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A resident's phone, in Chinese; a test that wants another size opens its own context."""
    return {
        **browser_context_args,
        "viewport": {"width": 390, "height": 844},
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
    }
