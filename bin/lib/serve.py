"""bin/serve: the whole city on one machine, from nothing to a page, under one supervisor."""

import contextlib
import errno
import fcntl
import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

import environment as environments
import ports
import secrets_file
import servers
from children import Child, Children, Interrupted, end_left_behind
from environment import ROOT, Environment
from prepare_site import EMPTY
from say import Stop, colour, explain, no_disk, not_writable, say

COLOURS = {"web": "32", "worker": "36", "beat": "35", "postgres": "33", "valkey": "33"}
HELP = """bin/serve — 启动整个系统 / starts everything; Ctrl-C stops it

  PORT=8000         网址端口 / port of the site
  HOST=127.0.0.1    监听地址;手机要访问时用 0.0.0.0 / address to listen on
  DATA_DIR=data     数据目录 / folder of the data; two copies need two
  DEMO=0            不生成演示城市 / no demo city in an empty database
  DATABASE_URL, REDIS_URL   用自己的服务器 / use servers you have
"""


def main() -> int:
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(HELP, end="")
        return 0
    children: Children | None = None
    services: list[list[Child]] = [[], []]
    code = 0
    try:
        host, port = ports.chosen()
        data = _data_folder()
        lock = _only_one(data)
        if left := end_left_behind(str(data)):
            say(f"清理了上次留下的 {left} 个进程", f"ended {left} processes of a killed start")
        ports.must_be_free(host, port)
        children = Children(mark=str(data), notice=_note)
        with lock:
            _serve(children, services, data=data, host=host, port=port)
    except Stop as stop:
        explain(stop)
        code = stop.code
    except Interrupted:
        print(flush=True)
        say("正在停止", "stopping")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        explain((no_disk if full else not_writable)(error.filename or "DATA_DIR"))
        code = 1
    finally:
        if children is not None:
            children.stop(*services)
    if code == 0:
        say("已停止,数据都在", "stopped; the data are kept")
    return code


def _note(line: str) -> None:
    print(colour("33", f"! {line}"), flush=True)


def _data_folder() -> Path:
    """DATA_DIR, made and writable; as root open for passing through to the database's account."""
    data = Path(os.environ.get("DATA_DIR") or ROOT / "data").expanduser().absolute().resolve()
    try:
        if not data.exists():
            data.mkdir(parents=True)
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (data / "serve.lock").touch()
        (data / "static").mkdir(exist_ok=True)  # WhiteNoise warns of its absence
    except PermissionError as error:
        raise not_writable(data) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise Stop(
            f"DATA_DIR={data} 不是目录。请换一个。",
            f"DATA_DIR={data} is not a folder. Choose another.",
        ) from error
    if shutil.disk_usage(data).free < 200 * 1024**2:
        raise no_disk(data)
    return data


def _only_one(data: Path) -> TextIO:
    """Hold the data folder for this start alone; two servers on one folder would ruin it."""
    handle = (data / "serve.lock").open("r+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = handle.read().strip() or "?"
        raise Stop(
            f"{data} 正被另一个 bin/serve 使用(进程 {who})。请先停掉它,或用 DATA_DIR=另一个目录"
            " PORT=另一个端口 再启动一份。",
            f"{data} is in use by another bin/serve (process {who}). Stop that one, or start"
            " beside it with another DATA_DIR and another PORT.",
        ) from error
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _serve(
    children: Children, services: list[list[Child]], *, data: Path, host: str, port: int
) -> None:
    site, standing = services
    environment = environments.prepare(children, locks=["base", "embedded"], data=data)
    has_database = servers.database_folder(data).exists()
    secrets = secrets_file.load(data, has_database=has_database)
    addresses = servers.start(children, environment, data=data, secrets=secrets, notice=_note)
    standing.extend(addresses.children)
    env = _settings(data, secrets, addresses, host, port)
    kept = ("DEBUG", "SERVE", "SECRET_KEY", "PII_KEY", "PUBLIC_ORIGIN", "DATA_DIR")
    kept += ("DATABASE_URL", "REDIS_URL")
    lines = [f"{name}={env[name]}\n" for name in kept] + [f"PYTHON={environment.python}\n"]
    secrets_file.write_private(data / "site.env", "".join(lines))  # for bin/manage
    _prepare_site(children, environment, env, addresses)
    site.extend(_services(environment, env, data, host, port))
    web, *others = site
    children.start(web)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104
    if not children.wait_for(lambda: _ready(address), seconds=90, step=0.25):
        raise Stop(
            "网站没有在 90 秒内就绪,原因见上面 web 的日志。",
            "The site was not ready within 90 s; the web log above says why.",
        )
    for child in others:  # only now: until the first page they would only slow it down
        children.start(child)
    print("\n".join(_people(children, environment, env)), flush=True)
    say(colour("1;32", f"就绪 {address}"), f"ready; Ctrl-C 停止 / stops, data: {data}")
    while True:
        children.pump(60.0)


def _settings(
    data: Path, secrets: dict[str, str], addresses: servers.Addresses, host: str, port: int
) -> dict[str, str]:
    """The environment of web, worker and beat. What the person set wins over our defaults."""
    ours = {
        "DEBUG": "1",
        "SERVE": "1",
        "SECRET_KEY": secrets["SECRET_KEY"],
        "PII_KEY": secrets["PII_KEY"],
        "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        # As root Celery would say so in eight lines; this is one machine's own copy.
        "PYTHONWARNINGS": "ignore:You're running the worker",
    }
    return {
        **ours,
        **environments.clean_environment(),
        "DATA_DIR": str(data),
        "DATABASE_URL": addresses.app,
        "REDIS_URL": addresses.redis,
    }


def _prepare_site(
    children: Children, environment: Environment, env: dict[str, str], addresses: servers.Addresses
) -> None:
    lib = ROOT / "bin" / "lib"
    if _messages_changed():
        say("编译翻译", "compiling translations")
        _step(
            children, "messages", [environment.python, str(lib / "messages.py"), "--compile"], env
        )
    say("更新数据库结构", "bringing the database up to date")
    owner = {**env, "DATABASE_URL": addresses.owner, "APP_DATABASE_URL": addresses.app}
    prepare = [environment.python, str(lib / "prepare_site.py")]
    said = _step(children, "migrate", prepare, owner)
    manage = [environment.python, str(ROOT / "manage.py")]
    if env["DEBUG"].lower() in ("0", "false", "no", "off", ""):
        _step(children, "static", [*manage, "collectstatic", "--noinput", "-v0"], env)
    if EMPTY in said and env.get("DEMO", "1") != "0":
        say("建立演示城市,不到一分钟", "making the demo city, under a minute")
        _step(children, "demo", [*manage, "demo", "--if-empty"], env)


def _messages_changed() -> bool:
    """Whether a catalogue is newer than what was compiled from it."""
    for source in ROOT.glob("**/locale/*/LC_MESSAGES/django.po"):
        compiled = source.with_suffix(".mo")
        if ".venv" not in source.parts and (
            not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime
        ):
            return True
    return False


def _step(children: Children, name: str, argv: list[str], env: dict[str, str]) -> list[str]:
    """One step of the preparation: its output, shown as it comes. Its failure ends the start."""
    said: list[str] = []

    def on_line(line: str) -> None:
        said.append(line)
        if line != EMPTY:
            print(f"{colour('34', f'{name:>9}')} │ {line}", flush=True)

    if children.run(Child(name, argv, env, ROOT, on_line=on_line)):
        if "No space left" in "\n".join(said):
            raise no_disk(env["DATA_DIR"])
        raise Stop(
            f"「{name}」这一步失败了,原因见上面的输出。数据没有丢失,改正后再启动即可。",
            f"The step “{name}” failed; the output above says why. No data are lost: correct it"
            " and start again.",
        )
    return said


def _people(children: Children, environment: Environment, env: dict[str, str]) -> list[str]:
    """The table of demo people."""
    lines: list[str] = []
    if env.get("DEMO", "1") != "0":
        argv = [environment.python, str(ROOT / "manage.py"), "demo", "--people"]
        children.run(Child("people", argv, env, ROOT, on_line=lines.append))
    return lines


def _services(
    environment: Environment, env: dict[str, str], data: Path, host: str, port: int
) -> list[Child]:
    def service(name: str, *argv: str, grace: float) -> Child:
        mark = colour(COLOURS[name], f"{name:>9}")
        return Child(
            name,
            [environment.python, "-m", *argv],
            env,
            ROOT,
            grace=grace,
            on_line=lambda line: print(f"{mark} │ {line}", flush=True),
            restart=True,
        )

    gunicorn = ["gunicorn", "config.wsgi:application", "--bind", f"{host}:{port}"]
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    gunicorn += ["--graceful-timeout", "8", "--timeout", "60", "--keep-alive", "5"]
    gunicorn += ["--log-level", "warning", "--no-control-socket", "--preload"]
    celery = ["celery", "-A", "config", "--quiet"]
    worker = [*celery, "worker", "--pool=prefork", "--concurrency=2", "-Q", "celery"]
    worker += ["--loglevel=WARNING", "--without-gossip", "--without-mingle", "-n", f"worker@{port}"]
    beat = [*celery, "beat", "--loglevel=WARNING", "--pidfile=", "-s", str(data / "beat-schedule")]
    return [
        service("web", *gunicorn, grace=12),
        service("worker", *worker, grace=20),
        service("beat", *beat, grace=5),
    ]


def _ready(address: str) -> bool:
    with contextlib.suppress(urllib.error.URLError, OSError):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address + "readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    return False


if __name__ == "__main__":
    sys.exit(main())
