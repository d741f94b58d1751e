"""Ports: of the site, which the person chooses, and of the servers behind it, which we choose."""

import contextlib
import errno
import json
import os
import socket
from pathlib import Path

from say import Stop

HERE = "127.0.0.1"


def busy(port: int, host: str = HERE) -> OSError | None:
    """Why this address cannot be listened on, or None when it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def free() -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def remembered(data: Path, name: str) -> int:
    """The port that this server of this data folder had last time, or another if it is taken."""
    path = data / "ports.json"
    known: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text())
    port = known.get(name, 0)
    if not port or busy(port):
        known[name] = port = free()
        path.write_text(json.dumps(known))
    return port


def chosen() -> tuple[str, int]:
    """HOST and PORT from the environment; 127.0.0.1 and 8000 where they say nothing."""
    text = os.environ.get("PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Stop(
            f"PORT={text} 不是端口号。请用 1024-65535 之间的数字,例如 PORT=8001 bin/serve。",
            f"PORT={text} is not a port. Use a number from 1024 to 65535: PORT=8001 bin/serve.",
        )
    return os.environ.get("HOST", HERE), int(text)


def must_be_free(host: str, port: int) -> None:
    """Refuse, in a sentence, an address that cannot be listened on."""
    error = busy(port, host)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8001
        raise Stop(
            f"端口 {port} 已被别的程序占用。请关掉它,或换一个端口:PORT={other} bin/serve。",
            f"Port {port} is taken by another program. Stop that program, or choose another port:"
            f" PORT={other} bin/serve.",
        )
    if error.errno == errno.EACCES:
        raise Stop(
            f"没有权限使用端口 {port}(1024 以下需要管理员)。请换一个:PORT=8000 bin/serve。",
            f"Port {port} needs an administrator (as all below 1024). Choose another:"
            " PORT=8000 bin/serve.",
        )
    raise Stop(
        f"无法在 {host}:{port} 上监听:{error.strerror}。请检查 HOST 与 PORT。",
        f"Cannot listen on {host}:{port}: {error.strerror}. Check HOST and PORT.",
    )
