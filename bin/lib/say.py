"""What the commands in bin/ tell the person: progress, and failures in two languages."""

import os
import sys
import time
from typing import TextIO

STARTED = time.monotonic()


class Stop(Exception):
    """An end the person can do something about: what happened and what to do, twice."""

    def __init__(self, zh: str, en: str, *, code: int = 1) -> None:
        super().__init__(en)
        self.zh, self.en, self.code = zh, en, code


def colour(number: str, text: str, *, stream: TextIO = sys.stdout) -> str:
    """The text in an ANSI colour where the stream is a terminal that wants it."""
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{number}m{text}\x1b[0m"


def say(zh: str, en: str = "") -> None:
    """One line of progress with the seconds since the command was started."""
    clock = colour("2", f"[{time.monotonic() - STARTED:5.1f}s]")
    print(f"{clock} {zh}{' · ' + en if en else ''}", flush=True)


def explain(stop: Stop) -> None:
    """The two sentences of a failure, on stderr."""
    mark = colour("31", "✗", stream=sys.stderr)
    print(f"{mark} {stop.zh}\n{mark} {stop.en}", file=sys.stderr, flush=True)


def no_disk(place: object) -> Stop:
    return Stop(
        f"磁盘空间不足: {place} 所在的磁盘已满。请清理出至少 1 GB,或换一个 DATA_DIR 再启动。",
        f"The disk is full: there is no room at {place}. Free at least 1 GB, or start again with"
        " DATA_DIR=another-folder.",
    )


def not_writable(place: object) -> Stop:
    return Stop(
        f"没有写入权限: {place}。请换一个目录 (DATA_DIR=…),或用拥有该目录的用户来启动。",
        f"{place} cannot be written to. Choose another folder (DATA_DIR=…), or start as the user"
        " who owns it.",
    )
