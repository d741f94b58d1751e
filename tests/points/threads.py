"""Two or more at once, in an order that the test decides."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

DEADLINE = 20.0

BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Gate:
    """Holds up the first who comes by, until it is opened; everyone after walks through."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()
        self._lock = threading.Lock()

    def pass_through(self) -> None:
        with self._lock:
            if self.reached.is_set():
                return
            self.reached.set()
        assert self._open.wait(DEADLINE), "the gate was never opened"

    def after(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with the gate behind it."""

        def gated(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            self.pass_through()
            return result

        return gated

    def open(self) -> None:
        self._open.set()


class Someone(threading.Thread):
    """Does one thing on a database connection of their own and remembers what came of it."""

    def __init__(self, deed: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._deed = deed
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._deed()
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def outcome(self) -> Any:
        self.join(DEADLINE)
        assert not self.is_alive(), "still busy after the deadline"
        return self.error or self.result


def while_first_waits(
    gate: Gate, first: Callable[[], Any], second: Callable[[], Any]
) -> tuple[Any, Any, bool]:
    """Stop the first at the gate, let the second run, then open.

    Answers with what came of both, and whether the second had to wait for the first. The second
    either finishes or is seen waiting for a lock; nothing depends on how fast the machine is.
    """
    one = Someone(first)
    assert gate.reached.wait(DEADLINE), one.error
    two = Someone(second)
    waited = False
    until = time.monotonic() + DEADLINE
    while two.is_alive() and not waited:
        assert time.monotonic() < until, "neither finished nor waiting"
        two.join(0.02)
        with connection.cursor() as cursor:
            cursor.execute(BLOCKED)
            waited = two.is_alive() and cursor.fetchone()[0] > 0
    gate.open()
    return one.outcome(), two.outcome(), waited


def all_at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """What came of each when all start together."""
    start = threading.Barrier(len(deeds))

    def waiting(deed: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            connection.ensure_connection()
            start.wait(DEADLINE)
            return deed()

        return run

    return [each.outcome() for each in [Someone(waiting(deed)) for deed in deeds]]
