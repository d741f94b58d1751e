"""Child processes: started, watched, restarted with back-off, stopped, and never left behind.

One thread does everything, in `pump()`; that is also the only place where Ctrl-C is noticed, so
no signal can come between starting a process and knowing about it.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MARK = "SUISHOUPAI_DATA_DIR"  # in the environment of every process of ours, by which we know it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIVED_WELL = 30.0  # seconds after which an end counts as a first failure again
LONGEST_WAIT = 15.0  # seconds between two tries

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal: stop everything and leave."""


@dataclass(frozen=True)
class Account:
    """The ordinary account under which root runs a server that refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass
class Child:
    """One process: what to run, how to stop it, and what became of it."""

    name: str
    argv: list[str]
    env: dict[str, str]
    cwd: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds between the polite signal and SIGKILL
    on_line: Callable[[str], None] = lambda line: print(line, flush=True)
    inherit: bool = False  # the terminal itself instead of a pipe
    restart: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float | None = None  # when it is to be started again
    tail: bytes = b""
    restarts: int = field(default=0)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None


class Children:
    """All children of this command."""

    def __init__(self, *, mark: str, notice: Callable[[str], None] = lambda line: None) -> None:
        self.mark = mark
        self.notice = notice
        self.all: list[Child] = []
        self.stopping = False
        self._signals = 0
        self._selector = selectors.DefaultSelector()
        read, self._write = os.pipe()
        for end in (read, self._write):
            os.set_blocking(end, False)
        self._selector.register(read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._signalled)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if _prctl:  # orphans of a killed child come to us, so that we can end and reap them
            _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def _signalled(self, *_: object) -> None:
        self._signals += 1

    # --- starting -----------------------------------------------------------------------------
    def start(self, child: Child) -> Child:
        if child not in self.all:
            self.all.append(child)
        parent, stop_signal = os.getpid(), child.stop_signal

        def die_with_parent() -> None:  # runs after the change of user, which clears the request
            if _prctl:
                _prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        account = child.account
        child.process = subprocess.Popen(
            child.argv,
            cwd=child.cwd,
            env={**child.env, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=None if child.inherit else subprocess.PIPE,
            stderr=None if child.inherit else subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=die_with_parent,  # one thread here, and only system calls there
        )
        child.started, child.due, child.tail = time.monotonic(), None, b""
        if child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        return child

    def run(self, child: Child) -> int:
        """Run a child to its end, looking after the others meanwhile; its exit code."""
        self.start(child)
        try:
            while child.alive:
                self.pump(1.0)
        finally:
            if child.alive:
                self._end([child])
            self.all.remove(child)
        assert child.process is not None
        return child.process.returncode

    # --- looking after ------------------------------------------------------------------------
    def pump(self, timeout: float) -> None:
        """Wait for something to happen, at most so many seconds, and deal with it.

        Raises Interrupted when the person wants to leave.
        """
        if self._signals and not self.stopping:
            raise Interrupted
        now = time.monotonic()
        due = [child.due for child in self.all if child.due is not None]
        if due and not self.stopping:
            timeout = min(timeout, max(0.0, min(due) - now))
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)
            else:
                self._read(key.data)
        self._reap()
        if self._signals and not self.stopping:
            raise Interrupted
        for child in self.all:
            if child.due is not None and child.due <= time.monotonic() and not self.stopping:
                child.restarts += 1
                try:
                    self.start(child)
                except OSError as error:  # its program is gone for the moment, or no memory
                    self.notice(f"{child.name}: {error}")
                    child.due = time.monotonic() + LONGEST_WAIT

    def wait_for(self, ready: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
        """Pump until the condition holds, asked every `step` seconds; False when time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            ask_again = time.monotonic() + step
            if ask_again > deadline:
                return False
            while (left := ask_again - time.monotonic()) > 0:
                self.pump(left)
        return True

    def _read(self, child: Child) -> bool:
        """Take what the child has said; False when there is nothing more for now."""
        stream = child.process.stdout if child.process else None
        if stream is None or stream.closed:
            return False
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return False
        lines = (child.tail + data).split(b"\n")
        child.tail = lines.pop()
        if not data:
            if child.tail:
                lines.append(child.tail)
            self._close(child)
        for line in lines:
            child.on_line(line.decode(errors="replace").rstrip("\r"))
        return bool(data)

    def _close(self, child: Child) -> None:
        if child.process and child.process.stdout and not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
        child.tail = b""

    def _reap(self) -> None:
        for child in self.all:
            if child.alive and child.process and child.process.poll() is not None:
                self._ended(child)
        ours = {child.process.pid for child in self.all if child.alive and child.process}
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if ended.si_pid in ours:
                    break  # ended since; the next round takes it
                os.waitpid(ended.si_pid, 0)  # an orphan that came to us

    def _ended(self, child: Child) -> None:
        assert child.process is not None
        while self._read(child):  # what it said last
            pass
        if child.tail:
            child.on_line(child.tail.decode(errors="replace"))
        self._close(child)
        _kill_group(child, signal.SIGKILL)  # what it left behind would hold ports and locks
        if not child.restart or self.stopping:
            return
        if time.monotonic() - child.started > LIVED_WELL:
            child.failures = 0
        wait = min(LONGEST_WAIT, 0.3 * 2**child.failures)
        child.failures += 1
        child.due = time.monotonic() + wait
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"code {code}"
        self.notice(
            f"{child.name} 意外结束 ({how}),{wait:.1f} 秒后重新启动"
            f" · {child.name} ended ({how}); starting it again in {wait:.1f} s"
        )

    # --- stopping -----------------------------------------------------------------------------
    def stop(self, *groups: list[Child]) -> None:
        """Stop the groups one after the other, then whatever else runs. A second Ctrl-C hurries."""
        self.stopping = True
        self._signals = 0
        for group in (*groups, list(self.all)):
            self._end(group)
        self.all.clear()

    def _end(self, group: list[Child]) -> None:
        was, self.stopping = self.stopping, True
        for child in group:
            child.due = None
            if child.alive and child.process:
                child.process.send_signal(child.stop_signal)
        deadlines = {id(child): time.monotonic() + child.grace for child in group}
        hurry = self._signals
        while waiting := [child for child in group if child.alive]:
            for child in waiting:
                if time.monotonic() > deadlines[id(child)] or self._signals > hurry:
                    _kill_group(child, signal.SIGKILL)
            self.pump(0.1)
        self.stopping = was


def _kill_group(child: Child, number: signal.Signals) -> None:
    if child.process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)


def end_left_behind(mark: str, *, patience: float = 0.0, seconds: float = 8.0) -> int:
    """End processes that were started for this data folder; how many there were.

    After a kill they know that their supervisor is gone and are leaving already: those that need
    less than `patience` seconds for it are not counted, and those that take longer than
    `seconds` are killed. Linux only: elsewhere nothing is found.
    """
    started = time.monotonic()
    while _marked(mark) and time.monotonic() < started + patience:
        time.sleep(0.1)
    asked: set[int] = set()
    deadline = time.monotonic() + seconds
    while (left := _marked(mark)) and time.monotonic() < deadline + 5:
        late = time.monotonic() > deadline
        for pid in left if late else left - asked:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
        asked |= left
        time.sleep(0.1)
    return len(asked)


def _marked(mark: str) -> set[int]:
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        with contextlib.suppress(OSError):
            if pid != os.getpid() and wanted in entry.read_bytes().split(b"\0"):
                found.add(pid)
    return found
