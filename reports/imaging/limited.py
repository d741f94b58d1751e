"""The fence: every photo is decoded in a forked child of its own that may be lost at no cost.

Plain fork and no multiprocessing: a Celery worker's process is a daemon and may have no such
children. The child keeps the photo and one pipe, nothing of ours: no database socket, no broker.
"""

import contextlib
import fcntl
import gc
import json
import math
import os
import resource
import select
import signal
import time
import traceback
from datetime import datetime
from pathlib import Path
from struct import pack, unpack_from
from typing import Any, BinaryIO, NoReturn

from .inspect import inspect
from .process import Processed, process
from .refusals import CODES, PhotoRefused

ORPHAN_GRACE = 5  # seconds a child outlives its deadline when nobody is left to end it
MAX_ANSWER = 16 * 1024 * 1024
# Deaths that mean "too much of it"; any other is a decoder that stumbled over the content.
SPENT = {signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM}
RESET = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD")


def process_limited(path: str | Path, *, seconds: float = 30, megabytes: int = 600) -> Processed:
    """`process()` in a child with so many seconds and MB beyond what this process maps already.

    Blocks for as long; HEIC also waits for its turn, one at a time on this machine (flock).
    Refused: PhotoRefused, with too_heavy for a child out of time or memory (HEIC's decoder does
    not always say that it was memory: then unreadable). OSError when the file cannot be opened or
    no child can be made: worth another try. RuntimeError is our own mistake.
    """
    with open(path, "rb") as file:
        shape = inspect(file)
        if shape.format != "HEIC":
            return _in_child(file, [], seconds, megabytes)
        with open(__file__, "rb") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            # The child holds it too: should this process die, the next waits for the orphan.
            return _in_child(file, [turn.fileno()], seconds, megabytes)


def _in_child(file: BinaryIO, keep: list[int], seconds: float, megabytes: int) -> Processed:
    deadline = time.monotonic() + seconds
    receive, send = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(receive)
        os.close(send)
        raise
    if child == 0:
        _be_the_child(file, send, keep, seconds, megabytes)
    status: int | None = None
    try:
        os.close(send)
        answer = _read_all(receive, deadline)
        status = _wait(child, deadline) if answer is not None else None
    finally:
        os.close(receive)
        if status is None:
            status = _kill(child)
    return _judge(answer, status)


def _judge(answer: bytes | None, status: int) -> Processed:
    if answer is None:
        raise PhotoRefused("too_heavy")
    if not answer:
        died_of = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        raise PhotoRefused("too_heavy" if died_of is None or died_of in SPENT else "unreadable")
    try:
        return _unpack(answer)
    except (ValueError, KeyError, TypeError, ArithmeticError, LookupError) as error:
        raise PhotoRefused("unreadable") from error  # it died while it was writing


# ---- the child


def _be_the_child(
    file: BinaryIO, send: int, keep: list[int], seconds: float, megabytes: int
) -> NoReturn:
    """Never returns: no exit handler, no destructor of the parent's may run here."""
    try:
        gc.disable()  # a forgotten connection collected here would say goodbye on its socket
        for name in RESET:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _close_all_but({0, 1, 2, file.fileno(), send, *keep})
        _limit(seconds, megabytes)
        _write_all(send, _answer(file))
    except BaseException:  # whatever it is, it must not travel up into the parent's code
        os._exit(1)
    os._exit(0)


def _answer(file: BinaryIO) -> bytes:
    try:
        return _pack(process(file))
    except PhotoRefused as refusal:
        return _message({"refused": refusal.code})
    except MemoryError:
        return _message({"refused": "too_heavy"})
    except Exception:
        return _message({"mistake": traceback.format_exc()})


def _limit(seconds: float, megabytes: int) -> None:
    # The parent's deadline is the rule; these hold when the parent is dead or the child is stuck.
    signal.setitimer(signal.ITIMER_REAL, seconds + ORPHAN_GRACE)
    spent = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an original is private, its dump as well
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    mapped = _mapped_bytes()
    if mapped:
        most = mapped + megabytes * 1024 * 1024
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _mapped_bytes() -> int:
    """Address space in use; 0 where the system does not say (macOS has no such limit either)."""
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _close_all_but(keep: set[int]) -> None:
    for name in os.listdir("/dev/fd"):
        if int(name) not in keep:
            with contextlib.suppress(OSError):  # the listing's own is closed already
                os.close(int(name))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # decoders chatter about damaged files
        os.dup2(nowhere, standard)


# ---- the parent


def _read_all(receive: int, deadline: float) -> bytes | None:
    """Everything up to the child's end; None when the deadline comes first or it is endless."""
    poll = select.poll()
    poll.register(receive, select.POLLIN)
    answer = bytearray()
    while len(answer) <= MAX_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return None
        piece = os.read(receive, 1 << 16)
        if not piece:
            return bytes(answer)
        answer += piece
    return None


def _wait(child: int, deadline: float) -> int | None:
    """Its status; its pipe has ended, so it is at its last step."""
    pause = 0.0002
    while True:
        try:
            ended, status = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:
            return 0  # somebody else collects this process's children
        if ended:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def _kill(child: int) -> int:
    try:
        os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1]
    except (ProcessLookupError, ChildProcessError):
        return 0


# ---- the message: never pickle, the sender has been in a stranger's hands


def _pack(photo: Processed) -> bytes:
    about = {
        "width": photo.width,
        "height": photo.height,
        "fingerprint": photo.fingerprint,
        "taken_at": photo.taken_at and photo.taken_at.isoformat(),
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "device": photo.device,
        "original_format": photo.original_format,
        "large": len(photo.large),
        "small": len(photo.small),
    }
    return _message(about) + photo.large + photo.small


def _unpack(answer: bytes) -> Processed:
    (length,) = unpack_from(">I", answer) if len(answer) >= 4 else (0,)
    about: dict[str, Any] = json.loads(answer[4 : 4 + length])
    if "mistake" in about:
        raise RuntimeError(f"processing a photo failed:\n{about['mistake']}")
    if "refused" in about:
        raise PhotoRefused(about["refused"] if about["refused"] in CODES else "unreadable")
    middle = 4 + length + int(about["large"])
    large, small = answer[4 + length : middle], answer[middle:]
    if len(small) != about["small"] or not large.startswith(b"\xff\xd8"):
        raise ValueError("cut off")
    taken_at = about["taken_at"]
    return Processed(
        large=large,
        small=small,
        width=int(about["width"]),
        height=int(about["height"]),
        fingerprint=int(about["fingerprint"]),
        taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
        latitude=None if about["latitude"] is None else float(about["latitude"]),
        longitude=None if about["longitude"] is None else float(about["longitude"]),
        device=str(about["device"])[:200],
        original_format=str(about["original_format"]),
    )


def _message(about: dict[str, Any]) -> bytes:
    body = json.dumps(about).encode()
    return pack(">I", len(body)) + body


def _write_all(send: int, message: bytes) -> None:
    rest = memoryview(message)
    while rest:
        rest = rest[os.write(send, rest) :]
