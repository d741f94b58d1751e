"""bin/lock: write requirements/*.txt anew from pyproject.toml. `--upgrade` takes newer versions."""

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
NOTE = "# Written by bin/lock from pyproject.toml; every version and hash is checked on install."


def tables() -> dict[str, list[str]]:
    """What pyproject.toml asks for, by the name of its lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"base": project["dependencies"], **project["optional-dependencies"]}


def digest() -> str:
    """The fingerprint of those tables, which each lock carries in its second line."""
    return hashlib.sha256(json.dumps(tables(), sort_keys=True).encode()).hexdigest()


def main() -> int:
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    uv = _uv()
    with tempfile.TemporaryDirectory() as folder:
        together, pins = Path(folder) / "all.in", Path(folder) / "all.txt"
        together.write_text("\n".join(line for table in tables().values() for line in table))
        # What is locked now stays, unless an upgrade is asked for.
        old = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))]
        pins.write_text("".join(old))
        _compile(uv, together, pins, *upgrade)
        for name, table in tables().items():
            wanted, out = Path(folder) / f"{name}.in", Path(folder) / f"{name}.txt"
            wanted.write_text("\n".join(table))
            _compile(uv, wanted, out, "-c", str(pins))
            text = f"{NOTE}\n# pyproject: sha256:{digest()}\n{out.read_text(encoding='utf-8')}"
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
            print(f"requirements/{name}.txt: {text.count('==')} pins")
    return 0


def _compile(uv: list[str], wanted: Path, out: Path, *more: str) -> None:
    """One lock for every platform and every Python from 3.11, without any index's address."""
    flags = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-annotate"]
    quiet = ["--quiet", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    subprocess.run(
        [*uv, "pip", "compile", str(wanted), "-o", str(out), *flags, *quiet, *more], check=True
    )


def _uv() -> list[str]:
    """uv of this interpreter's packages, of the project's environment, or of the machine."""
    for python in (sys.executable, str(ROOT / ".venv" / "bin" / "python")):
        known = [python, "-m", "uv"]
        try:
            if subprocess.run([*known, "--version"], capture_output=True).returncode == 0:
                return known
        except OSError:
            continue
    return ["uv"]


if __name__ == "__main__":
    sys.exit(main())
