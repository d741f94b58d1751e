"""PostgreSQL is killed under a real web server and a real worker; both recover by themselves."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.faults.private_postgres import PrivatePostgres
from tests.processes import ROOT, Broker, Process, Worker, free_port, wait_until
from tests.reports.helpers import jpeg, upload

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("database")]
OURS = "我们这边出了问题"
CSRF = "c" * 32
THREADS = 6


@dataclass
class Answer:
    status: int
    location: str
    text: str
    seconds: float


@dataclass
class Site:
    """gunicorn and a worker on a database of their own."""

    postgres: PrivatePostgres
    broker: Broker
    env: dict[str, str]
    about: dict[str, str]
    media: Path
    port: int = field(default_factory=free_port)
    web: Process | None = None
    worker: Worker | None = None

    def start(self) -> None:
        self.web = Process(
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
                *("--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"),
                *("--workers", "1", "--threads", str(THREADS), "--no-control-socket"),
            ],
            env=self.env,
        )
        self.worker = Worker(self.env)
        wait_until(lambda: self.is_ready(), seconds=60, what="the site is ready")

    def ask(self, path: str, fields: dict[str, object] | None = None) -> Answer:
        """As the citizen's browser."""
        headers = {"Cookie": f"sessionid={self.about['session']}; csrftoken={CSRF}"}
        body = None
        if fields is not None:
            body = encode_multipart(BOUNDARY, fields | {"csrfmiddlewaretoken": CSRF})
            headers["Content-Type"] = MULTIPART_CONTENT
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        started = time.monotonic()
        try:
            line.request("GET" if fields is None else "POST", path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
            location = answer.headers.get("Location") or ""
            return Answer(answer.status, location, text, time.monotonic() - started)
        finally:
            line.close()

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz").status == 200
        except OSError:
            return False

    def form(self, words: str) -> dict[str, object]:
        return {
            "key": str(uuid4()),
            "stall": self.about["stall"],
            "category": self.about["category"],
            "words": words,
        }

    def send(self, form: dict[str, object]) -> Answer:
        return self.ask("/report/", form | {"photo_near": upload(jpeg())})

    def rows(self, sql: str) -> list[tuple]:
        with self.postgres.connect() as connection:
            return connection.execute(sql).fetchall()

    def files(self) -> set[str]:
        return {str(path) for path in self.media.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    above = Path(tempfile.mkdtemp(prefix="suishoupai-database-")).resolve()
    above.chmod(0o711)  # pytest's own folders are closed to the database's account
    data = tmp_path_factory.mktemp("site")
    postgres = PrivatePostgres(above)
    broker = Broker(data / "valkey")
    env = {name: value for name, value in os.environ.items() if name != "DEBUG"} | {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": broker.url,
        "DATA_DIR": str(data),
        "SECRET_KEY": "a-secret-of-this-test-only" * 2,
        "PII_KEY": "another-secret-of-this-test" * 2,
        "ALLOWED_HOSTS": "*",
    }
    site: Site | None = None
    try:
        said = subprocess.run(
            [sys.executable, "-m", "tests.faults.furnish"],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stderr[-3000:]
        about = json.loads(said.stdout.splitlines()[-1])
        site = Site(postgres, broker, env, about, data / "media")
        site.start()
        yield site
    finally:
        for process in (site.web, site.worker) if site else ():
            if process:
                process.end()
        broker.end()
        postgres.end()
        shutil.rmtree(above, ignore_errors=True)


def everybody_at_once(site: Site) -> list[int]:
    """One page for each thread of the web server, all asked for while none can be given."""
    answers: list[int] = []
    blocker = site.postgres.connect()
    blocker.autocommit = False
    blocker.execute("lock table django_session in access exclusive mode")
    askers = [
        threading.Thread(target=lambda: answers.append(site.ask("/me/reports/").status))
        for _each in range(THREADS)
    ]
    for asker in askers:
        asker.start()

    def all_wait() -> bool:
        # A thread that answers with an error without reaching the database counts as well.
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        return site.rows(waiting)[0][0] + len(answers) == THREADS

    wait_until(all_wait, what="every thread is busy")
    blocker.rollback()
    blocker.close()
    for asker in askers:
        asker.join(30)
    return answers


def test_killed_and_back_while_nobody_looks(site: Site) -> None:
    assert everybody_at_once(site) == [200] * THREADS
    site.postgres.kill()
    site.postgres.start()
    # Every thread has a connection that is dead; none of them shows it to anybody.
    assert everybody_at_once(site) == [200] * THREADS


def test_killed_and_back_between_requests(site: Site) -> None:
    before = site.form("停机之前")
    sent = site.send(before)
    assert sent.status == 303, sent.text
    ready = "select count(*) from reports_photo where status = 'ready'"
    wait_until(lambda: site.rows(ready) == [(1,)], what="the worker processed the photo")
    files = site.files()

    site.postgres.kill()
    down = site.ask("/readyz")
    assert down.status == 503
    assert "连不上数据库" in down.text
    assert down.seconds < 5
    assert site.ask("/livez").status == 200
    during = site.form("停机之中")
    for answer in (site.send(during), site.ask(sent.location)):
        assert answer.status == 500
        assert OURS in answer.text
        assert answer.seconds < 5
    assert site.files() == files  # nothing left of what could not be received

    site.postgres.start()
    answers = [site.ask(path) for path in ["/readyz", sent.location] * 6]
    assert {answer.status for answer in answers} == {200}
    again = site.send(during)
    assert again.status == 303
    assert site.send(before).location == sent.location
    words = "select words from reports_report order by id"
    assert site.rows(words) == [("停机之前",), ("停机之中",)]
    wait_until(lambda: site.rows(ready) == [(2,)], what="the worker works again")


def test_killed_in_the_middle_of_a_report(site: Site) -> None:
    count = site.rows("select count(*) from reports_report")[0][0]
    files = site.files()
    form = site.form("写到一半")
    answers: list[Answer] = []
    blocker = site.postgres.connect()
    blocker.autocommit = False
    blocker.execute("lock table reports_photo in share mode")
    sender = threading.Thread(target=lambda: answers.append(site.send(form)), daemon=True)
    sender.start()
    waiting = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        " and query like 'INSERT INTO \"reports_photo\"%'"
    )
    wait_until(lambda: site.rows(waiting) == [(1,)], what="the report is half written")
    assert len(site.files()) == len(files) + 1

    site.postgres.kill()
    sender.join(30)
    assert not sender.is_alive()
    assert answers[0].status == 500
    assert OURS in answers[0].text
    assert site.files() == files
    blocker.close()

    site.postgres.start()
    assert site.rows("select count(*) from reports_report") == [(count,)]
    assert site.rows("select count(*) from reports_reportmove") == [(count,)]
    first, second = site.send(form), site.send(form)
    assert first.status == second.status == 303
    assert first.location == second.location
    assert site.rows("select count(*) from reports_report") == [(count + 1,)]
    unready = "select count(*) from reports_photo where status <> 'ready'"
    wait_until(lambda: site.rows(unready) == [(0,)], what="every photo is processed in the end")
