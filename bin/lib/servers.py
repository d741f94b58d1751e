"""What the site stands on: the addresses of its database and its broker, ours or the person's."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import accounts_of_machine
import ports
import postgres
import valkey
from children import Child, Children
from environment import Environment
from say import Stop, say


@dataclass(frozen=True)
class Addresses:
    """Where the data are; `owner` migrates, `app` serves and may not alter the ledger."""

    owner: str
    app: str
    redis: str
    children: tuple[Child, ...]  # ours, in the order in which they are to be stopped


def start(
    children: Children,
    environment: Environment,
    *,
    data: Path,
    secrets: dict[str, str],
    notice: Callable[[str], None],
) -> Addresses:
    """Start what no address was given for, and wait until it answers."""
    ours: list[Child] = []
    redis = os.environ.get("REDIS_URL", "")
    if not redis:
        broker = valkey.start(
            children,
            environment,
            folder=data / "valkey",
            port=ports.remembered(data, "valkey"),
            password=secrets["VALKEY_PASSWORD"],
        )
        ours.append(broker.child)
        redis = broker.url
    app = os.environ.get("DATABASE_URL", "")
    if app:
        owner = os.environ.get("OWNER_DATABASE_URL", app)
        return Addresses(owner, app, redis, tuple(ours))
    server = _postgres(children, environment, data, secrets, notice)
    assert server.child is not None
    return Addresses(
        owner=server.url(postgres.OWNER, secrets["PG_OWNER_PASSWORD"]),
        app=server.url(postgres.APP, secrets["PG_APP_PASSWORD"]),
        redis=redis,
        children=(*ours, server.child),
    )


def database_folder(data: Path) -> Path:
    """Where the database of this data folder is: in it, or in the place noted there."""
    note = data / "postgres.place"
    return Path(note.read_text().strip()) if note.exists() else data / "postgres"


def _postgres(
    children: Children,
    environment: Environment,
    data: Path,
    secrets: dict[str, str],
    notice: Callable[[str], None],
) -> postgres.Postgres:
    folder = database_folder(data)
    account = accounts_of_machine.for_server(folder)
    new = not folder.exists()
    if new and not accounts_of_machine.can_pass(account, data):
        folder = _elsewhere(data)
        (data / "postgres.place").write_text(str(folder))
        say(
            f"数据库账号 {account.name if account else ''} 进不了 {data},数据库放在 {folder}",
            f"the database's account cannot enter {data}; the database is in {folder}",
        )
    if not new and not accounts_of_machine.can_pass(account, folder):
        raise Stop(
            f"数据库账号 {account.name if account else ''} 进不了 {folder}:上级目录的权限变了。"
            f"请对上级目录执行 chmod o+x 后再启动,数据都还在。",
            f"The database's account {account.name if account else ''} cannot enter {folder}: a"
            " folder above it was closed. Run chmod o+x on that folder and start again; the data"
            " are still there.",
        )
    binaries, _ = postgres.locate(environment, existing=postgres.version_of(folder))
    binaries = postgres.reachable(binaries, account, _spare())
    port = ports.remembered(data, "postgres")
    password = secrets["PG_ADMIN_PASSWORD"]
    server = postgres.Postgres(binaries, folder, port, account, password)
    if new:
        say("建立数据库", "making the database")
        postgres.make(server, children)
    postgres.start(server, children, log=data / "postgres.log", notice=notice)
    postgres.provision(
        server,
        owner_password=secrets["PG_OWNER_PASSWORD"],
        app_password=secrets["PG_APP_PASSWORD"],
    )
    return server


def _spare() -> Path:
    """A folder of root's that every account may enter."""
    for parent in (Path("/var/lib"), Path("/var/tmp"), Path("/tmp")):  # noqa: S108
        if os.access(parent, os.W_OK):
            break
    spare = parent / "suishoupai"
    spare.mkdir(mode=0o755, exist_ok=True)
    if spare.stat().st_uid != os.geteuid():  # someone else's folder of that name in a shared place
        raise PermissionError(f"{spare} belongs to someone else")
    spare.chmod(0o755)
    return spare


def _elsewhere(data: Path) -> Path:
    """A place for the database of this data folder, the same each time."""
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    place = _spare() / name
    place.mkdir(mode=0o755, exist_ok=True)
    place.chmod(0o755)
    return place / "postgres"
