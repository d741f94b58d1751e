"""bin/manage COMMAND …: manage.py on the site that bin/serve runs from this DATA_DIR."""

import os
import sys
from pathlib import Path

import environment as environments
from environment import ROOT
from say import Stop, explain


def main(arguments: list[str]) -> int:
    data = Path(os.environ.get("DATA_DIR") or ROOT / "data").expanduser().absolute().resolve()
    try:
        lines = (data / "site.env").read_text(encoding="utf-8").splitlines()
    except OSError:
        explain(
            Stop(
                f"{data} 里没有运行过 bin/serve。请先启动它(或给出它的 DATA_DIR)。",
                f"No bin/serve has run on {data}. Start it first (or give its DATA_DIR).",
            )
        )
        return 1
    env = environments.clean_environment() | dict(line.split("=", 1) for line in lines)
    python = env.pop("PYTHON")
    os.execve(  # noqa: S606 - the interpreter we made
        python, [python, str(ROOT / "manage.py"), *arguments], env
    )
    return 127  # not reached: the command has taken this process's place


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
