"""A real beat in a hurry."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.processes import Process


class Beat(Process):
    """Celery's beat with the sweeps of this site, and nothing else, every second."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        super().__init__(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.faults.hasty", "beat"),
                *("--pidfile=", "-s", str(folder / "beat"), "--loglevel=INFO"),
                "--max-interval=1",
            ],
            env=env,
        )
        self.said("beat: Starting", seconds=60)
