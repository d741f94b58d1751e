"""Rules about the project's own files that no other tool knows."""

import re
import subprocess
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import lock

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400  # lines
CODE = {".py", ".html", ".css", ".js", ".sh"}
# Pieced together, so that this file does not break its own rule.
FORBIDDEN = {
    "an index's address": re.compile(r"(py" + r"pi\.org|python" + r"hosted|npm" + r"js\.(org|com)|"
                                     r"mirrors?\.[a-z]+\.(edu|com)|index-url\s*=)"),
    "a path of one machine": re.compile(r"(?<![\w.])/(work|root|home/\w+|tmp/\w+)/"),
}  # fmt: skip


def tracked() -> list[Path]:
    """The project's files: those under version control, and those about to be."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if said.returncode:  # a copy without its history
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    names = [name for name in said.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def locks_in_step() -> str:
    """Each lock was made from these very tables, and pins what they ask for with a hash."""
    trouble = []
    for name, table in lock.tables().items():
        path = ROOT / "requirements" / f"{name}.txt"
        if not path.exists():
            trouble.append(f"requirements/{name}.txt is missing; run bin/lock")
            continue
        text = path.read_text(encoding="utf-8")
        if f"sha256:{lock.digest()}" not in text.splitlines()[1]:
            trouble.append(f"requirements/{name}.txt is older than pyproject.toml; run bin/lock")
        pins = {
            canonicalize_name(found[1]): found[2]
            for found in re.finditer(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
        }
        for line in table:
            wanted = Requirement(line)
            pin = pins.get(canonicalize_name(wanted.name))
            if pin is None or not wanted.specifier.contains(Version(pin), prereleases=True):
                trouble.append(f"requirements/{name}.txt does not satisfy {line} (has {pin})")
        for entry in re.split(r"\n(?=[A-Za-z0-9])", text)[1:]:
            if "--hash=sha256:" not in entry:
                trouble.append(f"requirements/{name}.txt: no hash for {entry.split()[0]}")
        if re.search(r"^--|://", text, re.MULTILINE):
            trouble.append(f"requirements/{name}.txt names an address or an option")
    return "\n".join(trouble)


def sizes() -> str:
    """Files that have grown past the point where they should have been split."""
    trouble = []
    for path in tracked():
        parts = path.relative_to(ROOT).parts
        if path.suffix not in CODE or "migrations" in parts or parts[0] == "tests":
            continue
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST:
            trouble.append(f"{path.relative_to(ROOT)}: {lines} lines, split it at {LONGEST}")
    return "\n".join(trouble)


def words() -> str:
    """Addresses and paths that belong to one machine or one person's network."""
    trouble = []
    for path in tracked():
        if path.suffix in {".png", ".jpg", ".jpeg", ".webp", ".heic", ".ttf", ".woff2", ".ico"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, pattern in FORBIDDEN.items():
            for number, line in enumerate(text.splitlines(), 1):
                if pattern.search(line):
                    trouble.append(f"{path.relative_to(ROOT)}:{number}: {what}: {line.strip()}")
    return "\n".join(trouble)
