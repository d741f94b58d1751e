"""For commands that need the project's packages: run again inside its environment."""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import environment as environments
from children import Children, Interrupted
from say import Stop, explain


def needs(*modules: str, locks: list[str]) -> None:
    """Return where these modules can be imported; else start this command again where they can."""
    if all(find_spec(module) for module in modules):
        return
    data = Path(os.environ.get("DATA_DIR") or environments.ROOT / "data")
    with tempfile.TemporaryDirectory() as mark:
        try:
            children = Children(mark=mark)
            ready = environments.prepare(children, locks=locks, data=data)
        except Stop as stop:
            explain(stop)
            sys.exit(stop.code)
        except Interrupted:
            sys.exit(130)
    again(ready.python)


def again(python: str) -> NoReturn:
    """Replace this process by the same command under another interpreter."""
    sys.stdout.flush()
    os.execve(  # noqa: S606 - the interpreter we made
        python, [python, *sys.argv], environments.clean_environment()
    )
