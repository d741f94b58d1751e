"""The site's own Celery application with a photo decoder that always dies.

DEADLY says where: "decoder" is in the fenced child, "worker" in the worker's own process. Only
photos with DEADLY_DIGEST are deadly. Only for a worker beside a test.
"""

import hashlib
import os
import signal
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init

from config.celery import app

__all__ = ["app"]


@worker_process_init.connect(weak=False)
def _poison(**_: Any) -> None:
    from reports import tasks
    from reports.imaging import limited

    def die(file: Any) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    process_limited, process = tasks.process_limited, limited.process

    def die_or_process(path: Path) -> Any:
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        deadly = digest == os.environ["DEADLY_DIGEST"]
        if deadly and os.environ["DEADLY"] == "worker":
            os.kill(os.getpid(), signal.SIGKILL)
        limited.process = die if deadly else process  # type: ignore[assignment]
        return process_limited(path)

    tasks.process_limited = die_or_process
