"""bin/check [--no-tests] [--fix]: everything that must hold before a change may land.

bin/check              form, floors, types, migrations, translations, locks, then all tests
bin/check --no-tests   the same without the tests: about a minute
bin/check --fix        put the form right first (ruff)
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import inside
from environment import ROOT, clean_environment
from say import colour, say

ROOMS = ("config", "pages", "reports", "rewards", "volunteers", "markets", "points", "accounts")
Check = Callable[[], str]


@dataclass(frozen=True)
class Program:
    """A check that is a program: quiet when all is well, its output shown when not."""

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()

    def __call__(self) -> str:
        done = subprocess.run(
            [sys.executable, *self.argv],
            cwd=ROOT,
            env=clean_environment() | {"NO_COLOR": "1", **dict(self.env)},
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout + done.stderr).strip() or "failed" if done.returncode else ""


DEVELOPMENT = (("DEBUG", "1"), ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none"))
PRODUCTION = (
    ("DEBUG", "0"),
    ("SECRET_KEY", "check-only-" + "9f8e7d6c5b4a" * 6),
    ("PII_KEY", "check-only-" + "0a1b2c3d4e5f" * 6),
    ("ALLOWED_HOSTS", "city.example"),
    ("PUBLIC_ORIGIN", "https://city.example"),
    ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none"),
)
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"


def steps() -> list[tuple[str, Check]]:
    import project_rules

    python_files = [*ROOMS, "bin", "tests", "benchmarks", "manage.py"]
    there = [name for name in python_files if (ROOT / name).exists()]
    return [
        ("ruff format", Program(("-m", "ruff", "format", "--check", *there))),
        ("ruff", Program(("-m", "ruff", "check", *there))),
        ("djlint", Program(("-m", "djlint", "templates", "--lint", "--quiet"))),
        ("floors", Program(("-c", LINT_IMPORTS), (("PYTHONPATH", str(ROOT)),))),
        ("mypy", Program(("-m", "mypy"), DEVELOPMENT)),
        (
            "migrations",
            Program(
                ("-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"),
                DEVELOPMENT,
            ),
        ),
        (
            "deploy check",
            Program(("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
        ),
        ("translations", Program(("bin/lib/messages.py", "--check"))),
        ("locks", project_rules.locks_in_step),
        ("sizes", project_rules.sizes),
        ("words", project_rules.words),
    ]


def main(arguments: list[str]) -> int:
    if set(arguments) - {"--no-tests", "--fix"}:
        print(__doc__)
        return 0 if {"-h", "--help"} & set(arguments) else 2
    inside.needs(
        *("ruff", "djlint", "importlinter", "mypy", "django", "pytest"),
        locks=["base", "embedded", "test", "check"],
    )
    if "--fix" in arguments:
        for fix in (("ruff", "format"), ("ruff", "check", "--fix")):
            subprocess.run([sys.executable, "-m", *fix, "."], cwd=ROOT, check=False)
    failed = []
    for name, check in steps():
        started = time.monotonic()
        trouble = check()
        took = f"{time.monotonic() - started:.1f} s"
        if trouble:
            failed.append(name)
            print(f"{colour('31', '✗')} {name} ({took})\n{_indented(trouble)}", flush=True)
        else:
            print(f"{colour('32', '✓')} {name} ({took})", flush=True)
    if "--no-tests" not in arguments:
        sys.stdout.flush()
        tests = [sys.executable, str(ROOT / "bin" / "lib" / "run_tests.py")]
        if subprocess.run(tests, cwd=ROOT, env=dict(os.environ), check=False).returncode:
            failed.append("tests")
    say(f"没有通过:{'、'.join(failed)}" if failed else "全部通过",
        f"failed: {', '.join(failed)}" if failed else "everything passed")  # fmt: skip
    return 1 if failed else 0


def _indented(text: str) -> str:
    lines = text.splitlines()
    shown = lines[:200] + ([f"… {len(lines) - 200} more lines"] if len(lines) > 200 else [])
    return "\n".join(f"    {line}" for line in shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
