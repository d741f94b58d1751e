"""bin/serve against real servers: refusals in sentences, kills survived, nothing left or lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.processes import ROOT, Process, free_port, wait_until

pytestmark = [
    pytest.mark.fault,
    pytest.mark.xdist_group("serve"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for its processes in /proc"),
]
SERVICES = ("web", "worker", "beat", "postgres", "valkey")


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder with a space and Chinese in its name, which the database account can enter."""
    above = Path(tempfile.mkdtemp(prefix="suishoupai-serve-")).resolve()
    above.chmod(0o711)  # pytest's own folders are closed to other accounts
    data = above / "数据 of one copy"
    yield data
    for pid in marked(data):  # only where a test failed half-way
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(above, ignore_errors=True)


def environment(data: Path, **more: str) -> dict[str, str]:
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")
    }
    return {**env, "DATA_DIR": str(data), "DEMO": "0", "NO_COLOR": "1", **more}


class Site(Process):
    """bin/serve, with its address and what it runs."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        super().__init__([str(ROOT / "bin" / "serve")], env=environment(data, PORT=str(self.port)))

    def ready(self, *, seconds: float = 120) -> Site:
        self.said("就绪", seconds=seconds)
        assert self.answers()
        return self

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer,
        ):
            return bool(answer.status == 200)
        return False

    def service(self, name: str) -> int | None:
        """The number of a service's first process: the child of the supervisor itself."""
        words = {
            "web": b"gunicorn",
            "worker": b"worker",
            "beat": b"beat",
            "postgres": b"/postgres",
            "valkey": b"valkey-server",
        }
        for pid in children_of(self.pid):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                found = b"gunicorn" if b"gunicorn" in command else words[name]
                if words[name] == found and words[name] in command:
                    return pid
        return None


def children_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, its_parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
            if int(its_parent) == parent and state != "Z":
                found.append(int(stat.parent.name))
    return found


def marked(data: Path) -> set[int]:
    """Every living process that was started for this data folder."""
    wanted = f"SUISHOUPAI_DATA_DIR={data}".encode()
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found.add(int(path.parent.name))
    return found


def database(data: Path) -> psycopg.Connection:
    """Signed in as the owner role, with what the data folder itself says."""
    secrets = dict(line.split("=", 1) for line in (data / "secrets.env").read_text().split())
    return psycopg.connect(
        host="127.0.0.1",
        port=json.loads((data / "ports.json").read_text())["postgres"],
        dbname="suishoupai",
        user="suishoupai_owner",
        password=secrets["PG_OWNER_PASSWORD"],
        autocommit=True,
    )


def refused(env: dict[str, str]) -> str:
    """What bin/serve says when it will not start."""
    done = subprocess.run(
        ["bash", str(ROOT / "bin" / "serve")], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_is_a_sentence(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(environment(data, PORT=str(port)))
    assert f"端口 {port} 已被别的程序占用" in said
    assert f"Port {port} is taken by another program" in said
    assert "PORT=" in said  # what to do


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_a_sentence(data: Path, port: str) -> None:
    said = refused(environment(data, PORT=port))
    assert f"PORT={port} 不是端口号" in said
    assert f"PORT={port} is not a port" in said


def test_a_data_folder_that_is_a_file_is_a_sentence(data: Path) -> None:
    data.write_text("a file")
    assert "is not a folder" in refused(environment(data, PORT=str(free_port())))


def test_an_old_python_is_a_sentence(data: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "dirname", "env"):
        (programs / name).symlink_to(_where(name))
    old = programs / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *platform*) echo 3.9.2;; *) exit 1;; esac\n')
    old.chmod(0o755)
    said = refused(environment(data, PATH=str(programs)))
    assert "需要 Python 3.11" in said
    assert "python3=3.9.2" in said
    assert "Python 3.11 or newer is needed" in said


def _where(name: str) -> str:
    return subprocess.run(
        ["bash", "-c", f"command -v {name}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_python_that_makes_no_environments_is_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "less" / "ensurepip").mkdir(parents=True)
    (tmp_path / "less" / "ensurepip" / "__init__.py").write_text("raise ImportError('split off')")
    said = refused(
        environment(
            data,
            PYTHONPATH=str(tmp_path / "less"),
            VENV_DIR=str(tmp_path / "venv"),
            PORT=str(free_port()),
        )
    )
    assert "apt install python3-venv" in said
    assert "缺少 venv 模块" in said


def test_no_network_is_a_sentence(data: Path, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nretries = 0\n")
    said = refused(
        environment(
            data,
            VENV_DIR=str(tmp_path / "venv"),
            PORT=str(free_port()),
            PIP_CONFIG_FILE=str(tmp_path / "pip.conf"),
            PIP_INDEX_URL=f"http://127.0.0.1:{free_port()}/simple",
            PIP_FIND_LINKS="",
            PIP_EXTRA_INDEX_URL="",
            PIP_NO_CACHE_DIR="1",
        )
    )
    assert "没有网络" in said
    assert "There is no network" in said


def test_kills_are_survived_and_nothing_is_left_or_lost(data: Path) -> None:
    # The first start, and a proof in the database that must outlive everything below.
    site = Site(data).ready()
    with database(data) as connection:
        connection.execute("create table proof as select 42 as answer")
    assert (data / "secrets.env").stat().st_mode & 0o077 == 0
    secrets = (data / "secrets.env").read_text()

    # A second start on the same folder would ruin it.
    said = refused(environment(data, PORT=str(free_port())))
    assert "is in use by another bin/serve" in said

    # kill -9 of each service: it comes back, and the site answers again.
    for name in SERVICES:
        before = site.service(name)
        assert before is not None, f"{name} is not running\n{site.output[-2000:]}"
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda name=name, before=before: site.service(name) not in (None, before),
            seconds=60,
            what=f"{name} comes back",
        )
        wait_until(site.answers, seconds=60, what=f"the site answers after {name} was killed")
        assert any(f"{name} ended (signal 9)" in line for line in site.lines)

    # Ctrl-C: everything leaves.
    site.send(signal.SIGINT)
    assert site.wait(seconds=60) == 0, site.output[-2000:]
    assert marked(data) == set()
    assert "stopped; the data are kept" in site.output

    # The second start finds everything, and is killed itself: its children do not linger.
    site = Site(data).ready()
    assert (data / "secrets.env").read_text() == secrets
    assert len(marked(data)) >= len(SERVICES)
    os.kill(site.pid, signal.SIGKILL)
    site.wait()

    # The third start deals with what the kill left, at once, and SIGTERM ends it as Ctrl-C does.
    site = Site(data).ready()
    with database(data) as connection:
        row = connection.execute("select answer from proof").fetchone()
    assert row == (42,)
    audit = subprocess.run(
        ["bash", str(ROOT / "bin" / "manage"), "audit_ledger"],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    site.send(signal.SIGTERM)
    assert site.wait(seconds=60) == 0, site.output[-2000:]
    assert marked(data) == set()


def test_the_servers_under_a_killed_start_leave_by_themselves(data: Path) -> None:
    site = Site(data)
    site.said("更新数据库结构", seconds=180)  # PostgreSQL and Valkey run, the site not yet
    assert marked(data)
    os.kill(site.pid, signal.SIGKILL)
    site.wait()
    wait_until(lambda: not marked(data), seconds=60, what="the children leave")
