"""bin/test [--fast] [pytest's arguments]: the tests, with servers of their own.

  bin/test                  everything, on two processes
  bin/test --fast           without browsers, races and killed servers: under a minute
  bin/test tests/points -k expiry     whatever pytest understands
DATABASE_URL and REDIS_URL use servers you have; the database's user must be allowed to create
databases.
"""

import os
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import accounts_of_machine
import browser
import environment as environments
import ports
import postgres
import valkey
from children import Child, Children, Interrupted, end_left_behind
from environment import ROOT, Environment
from say import Stop, explain, say

FAST = "not browser and not race and not fault and not slow"
# Speed, not durability: what is killed in a test is a server that the test itself started.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}
THROWAWAY |= {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "1GB"}


def main(arguments: list[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="suishoupai-test-", dir=_quick_place())).resolve()
    folder.chmod(0o711)  # as root the database's account passes through
    children = Children(mark=str(folder), notice=lambda line: say(line))
    code = 1
    try:
        environment = environments.prepare(
            children, locks=["base", "embedded", "test"], data=ROOT / "data"
        )
        code = _run(children, environment, folder, arguments)
    except Stop as stop:
        explain(stop)
    except Interrupted:
        code = 130
    finally:
        children.stop()
        left = end_left_behind(str(folder), patience=5)
        shutil.rmtree(folder, ignore_errors=True)
    if left and code == 0:
        say(f"测试留下了 {left} 个进程,已结束", f"tests left {left} processes behind: a failure")
        return 1
    return code


def _quick_place() -> str | None:
    """Memory, where there is plenty: emptying the tables between tests makes many small files."""
    memory = Path("/dev/shm")  # noqa: S108
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 3 * 1024**3:
        return str(memory)
    return None


def _run(children: Children, environment: Environment, folder: Path, arguments: list[str]) -> int:
    fast = "--fast" in arguments
    arguments = [word for word in arguments if word != "--fast"]
    paths = [word for word in arguments if (ROOT / word.split("::")[0]).exists()]
    chosen = bool(paths) or "-k" in arguments  # a few tests: a second process would cost more
    if not fast and not _without_browser(arguments):
        browser.prepare(children, environment)
    env = _servers(children, environment, folder)
    messages = [environment.python, str(ROOT / "bin" / "lib" / "messages.py"), "--compile"]
    if children.run(Child("messages", messages, env, ROOT, inherit=True)):
        return 1
    pytest = [environment.python, "-m", "pytest"]
    if not chosen and not any(word.startswith(("-n", "--numprocesses")) for word in arguments):
        pytest += ["-n", "2", "--dist", "loadgroup"]
        _template(children, environment, env)
    if fast:
        pytest += ["-m", FAST]
    elif not arguments:
        # Only a run of everything can tell that a template is rendered by no test at all.
        pytest += ["--every-template", "--durations=12"]
    child = Child("pytest", [*pytest, *arguments], env, ROOT, inherit=True)
    child.stop_signal, child.grace = signal.SIGINT, 20
    return children.run(child)


def _template(children: Children, environment: Environment, env: dict[str, str]) -> None:
    """Migrate once; each process then copies this database instead of migrating its own."""
    name = f"template_{os.getpid()}"
    address = urlsplit(env["DATABASE_URL"])
    make = (
        "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL'], dbname='postgres',"
        f" autocommit=True).execute('create database {name}')"
    )
    if children.run(Child("template", [environment.python, "-c", make], env, ROOT)):
        return  # each process migrates for itself
    there = {**env, "DATABASE_URL": urlunsplit(address._replace(path=f"/{name}"))}
    there |= {"APP_DATABASE_URL": "", "DEBUG": "1"}
    prepare = [environment.python, str(ROOT / "bin" / "lib" / "prepare_site.py")]
    if children.run(Child("template", prepare, there, ROOT, on_line=lambda line: None)) == 0:
        env["TEST_TEMPLATE"] = name


def _without_browser(arguments: list[str]) -> bool:
    return any("not browser" in word for word in arguments)


def _servers(children: Children, environment: Environment, folder: Path) -> dict[str, str]:
    """The environment of pytest: addresses of servers that live as long as this run."""
    env = environments.clean_environment() | {"DATA_DIR": str(folder / "data")}
    for name in ("PORT", "HOST", "DEBUG", "SECRET_KEY", "PII_KEY"):
        env.pop(name, None)  # those of the person's own site are not the tests'
    if not env.get("REDIS_URL"):
        broker = valkey.start(
            children,
            environment,
            folder=folder / "valkey",
            port=ports.free(),
            password=secrets.token_hex(16),
            databases=64,  # one for each process of each test that wants its own
        )
        env["REDIS_URL"] = broker.url
    if not env.get("DATABASE_URL"):
        data = folder / "postgres"
        account = accounts_of_machine.for_server(data)
        binaries, _ = postgres.locate(environment, existing=None)
        binaries = postgres.reachable(binaries, account, folder)
        server = postgres.Postgres(binaries, data, ports.free(), account, secrets.token_hex(16))
        postgres.make(server, children, throwaway=True)
        postgres.start(
            server, children, log=folder / "postgres.log", notice=say, settings=THROWAWAY
        )
        env["DATABASE_URL"] = server.url(postgres.ADMIN, server.password)
    (folder / "data" / "static").mkdir(parents=True)
    return env


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
