"""The fence around the decoder: what it costs when something goes wrong inside."""

import fcntl
import itertools
import mmap
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reports.imaging import limited
from reports.imaging.limited import process_limited
from reports.imaging.process import process
from reports.imaging.refusals import PhotoRefused
from tests import camera, hostile

pytestmark = pytest.mark.slow


@pytest.fixture
def jpeg(tmp_path) -> Path:
    return written(tmp_path / "photo.jpg", hostile.plain_jpeg())


@pytest.fixture
def heic(tmp_path) -> Path:
    return written(tmp_path / "photo.heic", camera.heic())


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """No process, no zombie, no descriptor: after every test here, whatever it did."""
    before = open_files()
    children = own_children()
    yield
    assert own_children() <= children
    assert open_files() == before


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def own_children() -> set[int]:
    """Zombies too."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = stat.read_text().split(" (", 1)
        except OSError:
            continue  # gone while we looked
        if int(rest.rsplit(") ", 1)[1].split()[1]) == os.getpid():
            found.add(int(pid))
    return found


def instead(monkeypatch, behaviour) -> None:
    """The child does this to the file in place of decoding it."""
    monkeypatch.setattr(limited, "process", behaviour)


def refused(path: Path, **limits: float) -> str:
    with pytest.raises(PhotoRefused) as refusal:
        process_limited(path, **limits)
    return refusal.value.code


def test_the_child_answers_what_the_function_does(jpeg, heic):
    large = written(jpeg.parent / "12.jpg", camera.photo(2, orientation=6, position=(22.5, 114.1)))
    for path in (jpeg, heic, large):
        assert process_limited(path) == process(path)


@pytest.mark.parametrize(
    "name", ["text.jpg", "20000.png", "cut-60.jpg", "cut-60.heic", "nothing.jpg"]
)
def test_refusals_pass_the_fence(tmp_path, name):
    (file,) = (file for file in hostile.FILES if file.name == name)
    assert refused(written(tmp_path / "upload", file.make())) == file.door


def test_damage_that_only_decoding_finds_passes_the_fence(tmp_path):
    png = hostile.plain("PNG")
    assert refused(written(tmp_path / "a", png[: len(png) // 2] + png[-12:])) == "unreadable"


def test_a_missing_file_is_no_refusal(tmp_path):
    with pytest.raises(FileNotFoundError):
        process_limited(tmp_path / "gone.jpg")


def test_memory_has_an_end(tmp_path):
    bomb = written(tmp_path / "bomb.png", hostile.png(7000, 7000, depth=8, colour=2))
    assert refused(bomb, megabytes=40) == "too_heavy"
    assert process_limited(bomb).width == 1600  # the control: with the usual room it is a picture


@pytest.mark.parametrize("megabytes", [5, 30, 55])
def test_heic_out_of_memory_is_refused(heic, megabytes):
    """From a fresh process: this one may have that much lying free from other pictures.

    Either word will do: its decoder often only says that no picture came out, or aborts.
    """
    program = (
        "import sys; from reports.imaging.limited import *\n"
        "try: process_limited(sys.argv[1], megabytes=int(sys.argv[2]))\n"
        "except PhotoRefused as refusal: print(refusal.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, heic, str(megabytes)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(limited.__file__).parents[2],
    )
    assert done.stdout.strip() in {"too_heavy", "unreadable"}, done.stderr


def test_memory_taken_in_python_is_limited_as_well(monkeypatch, jpeg):
    instead(monkeypatch, lambda file: bytes(900 << 20))
    assert refused(jpeg) == "too_heavy"


def test_time_has_an_end_for_the_busy(monkeypatch, jpeg):
    instead(monkeypatch, lambda file: sum(itertools.count()))
    assert refused(jpeg, seconds=0.3) == "too_heavy"


def test_time_has_an_end_for_the_idle(monkeypatch, jpeg):
    instead(monkeypatch, lambda file: signal.pause())
    assert refused(jpeg, seconds=0.3) == "too_heavy"


def test_processor_time_ends_a_child_whose_parent_forgets_it(monkeypatch, jpeg):
    monkeypatch.setattr(limited, "_read_all", _read_without_deadline)
    instead(monkeypatch, lambda file: sum(itertools.count()))
    assert refused(jpeg, seconds=1) == "too_heavy"


def _read_without_deadline(receive: int, deadline: float) -> bytes:
    with open(receive, "rb", closefd=False) as pipe:
        return pipe.read()


@pytest.mark.parametrize(
    ("fatal", "code"),
    [
        (signal.SIGSEGV, "unreadable"),
        (signal.SIGABRT, "unreadable"),
        (signal.SIGBUS, "unreadable"),
        (signal.SIGKILL, "too_heavy"),
        (signal.SIGXCPU, "too_heavy"),
    ],
)
def test_a_child_that_dies_takes_nobody_along(monkeypatch, jpeg, fatal, code):
    instead(monkeypatch, lambda file: os.kill(os.getpid(), fatal))
    assert refused(jpeg) == code


def test_a_child_that_leaves_without_a_word(monkeypatch, jpeg):
    instead(monkeypatch, lambda file: os._exit(0))
    assert refused(jpeg) == "too_heavy"


def test_a_child_that_talks_nonsense(monkeypatch, jpeg):
    for nonsense in (b"x", b"\0\0\0\x05{}", b"\xff" * 400, b"\0\0\0\x02{}", b"\0\0\0\x04null"):
        monkeypatch.setattr(limited, "_answer", lambda file, nonsense=nonsense: nonsense)
        assert refused(jpeg) == "unreadable"


def test_a_child_that_never_stops_talking(monkeypatch, jpeg):
    monkeypatch.setattr(limited, "_answer", lambda file: bytes(limited.MAX_ANSWER + (1 << 20)))
    assert refused(jpeg) == "too_heavy"


def test_our_own_mistake_is_not_blamed_on_the_photo(monkeypatch, jpeg):
    instead(monkeypatch, lambda file: 1 / 0)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        process_limited(jpeg)


def test_the_child_holds_nothing_of_ours(monkeypatch, jpeg):
    def tell(file):
        raise ValueError(" ".join(_target(name) for name in os.listdir("/dev/fd")))

    instead(monkeypatch, tell)
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull) as other, open(__file__) as source:
        assert not other.closed
        assert not source.closed
        with pytest.raises(RuntimeError) as told:
            process_limited(jpeg)
    words = str(told.value)
    assert "socket:" not in words
    assert "test_imaging_limited" not in words.split("ValueError:")[-1]
    assert "photo.jpg" in words


def _target(name: str) -> str:
    try:
        return os.readlink(f"/dev/fd/{name}")
    except OSError:
        return "-"


def test_the_child_writes_no_file_and_no_core(monkeypatch, jpeg, tmp_path):
    def write(file):
        (tmp_path / "left").write_bytes(b"x")

    instead(monkeypatch, write)
    with pytest.raises(RuntimeError, match="File too large"):
        process_limited(jpeg)
    assert not (tmp_path / "left").read_bytes()


def test_the_parent_stays_as_it_was(jpeg):
    handler = signal.getsignal(signal.SIGTERM)
    process_limited(jpeg)
    assert signal.getsignal(signal.SIGTERM) == handler
    assert bytes(700 << 20)  # no limit stuck to us


class Interrupted(Exception):
    pass


def test_an_interrupted_parent_ends_its_child(monkeypatch, jpeg):
    """As a task's soft time limit does: an exception out of a signal handler."""

    def interrupt(number, frame):
        raise Interrupted

    instead(monkeypatch, lambda file: signal.pause())
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Interrupted):
            process_limited(jpeg)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_a_daemon_may_do_it(jpeg):
    """A Celery worker's process is one, and multiprocessing would refuse it children."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    daemon = context.Process(
        target=lambda: send.send(process_limited(jpeg).fingerprint), daemon=True
    )
    daemon.start()
    assert receive.poll(20)
    assert receive.recv() == process(jpeg).fingerprint
    daemon.join(20)
    daemon.close()
    receive.close()
    send.close()


def test_threads_may_do_it(jpeg):
    with ThreadPoolExecutor(4) as pool:
        photos = list(pool.map(process_limited, [jpeg] * 12))
    assert len(set(photos)) == 1


def most_at_once(monkeypatch, paths: list[Path], patience: float) -> int:
    """How many children ran together; each waits for company for so many seconds."""
    shared = mmap.mmap(-1, 64)

    def wait_for_company(file):
        mine = int(Path(file.name).stem)
        shared[mine] = 1
        end = time.monotonic() + patience
        while time.monotonic() < end and shared[0] + shared[1] < 2 and not shared[10]:
            time.sleep(0.005)
        if shared[0] + shared[1] == 2:
            shared[10] = 1
        shared[mine] = 0
        return process(hostile.plain_jpeg())

    instead(monkeypatch, wait_for_company)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(process_limited, paths))
    together = shared[10]
    shared.close()
    return 1 + together


def test_heic_is_read_one_at_a_time(monkeypatch, tmp_path):
    paths = [written(tmp_path / f"{number}.heic", camera.heic()) for number in range(2)]
    assert most_at_once(monkeypatch, paths, patience=0.3) == 1


def test_jpegs_are_read_together(monkeypatch, tmp_path):
    """The control: without the turn they would have met."""
    paths = [written(tmp_path / f"{number}.jpg", hostile.plain_jpeg()) for number in range(2)]
    assert most_at_once(monkeypatch, paths, patience=10) == 2


def test_the_orphan_of_a_killed_worker_ends_and_gives_its_turn_back(monkeypatch, heic):
    started = mmap.mmap(-1, 1)

    def stay(file):
        started[0] = 1
        signal.pause()

    instead(monkeypatch, stay)
    monkeypatch.setattr(limited, "ORPHAN_GRACE", 0.2)
    worker = os.fork()
    if worker == 0:
        try:
            process_limited(heic, seconds=0.5)
        finally:
            os._exit(0)
    end = time.monotonic() + 10
    while not started[0] and time.monotonic() < end:
        time.sleep(0.005)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    assert started[0]
    got = threading.Event()

    def take_turn():
        with open(limited.__file__, "rb") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            got.set()

    waiter = threading.Thread(target=take_turn)
    waiter.start()
    assert got.wait(10)
    waiter.join()
    started.close()


def test_nothing_is_pickled():
    assert not re.search(r"\bpickle\.|import pickle", Path(limited.__file__).read_text())
