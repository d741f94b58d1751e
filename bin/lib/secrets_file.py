"""Secrets of one data folder: made once, kept in a file that only its owner can read."""

import os
import secrets
from pathlib import Path

from say import Stop

NAMES = ("SECRET_KEY", "PII_KEY", "PG_ADMIN_PASSWORD", "PG_OWNER_PASSWORD", "PG_APP_PASSWORD")
NAMES += ("VALKEY_PASSWORD",)


def load(data: Path, *, has_database: bool) -> dict[str, str]:
    """The secrets of this data folder, made where they are missing.

    New secrets for an old database would lock everyone out of it and make its encrypted
    fields unreadable, so that is refused.
    """
    path = data / "secrets.env"
    known: dict[str, str] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            name, _, value = line.partition("=")
            known[name] = value
    missing = [name for name in NAMES if not known.get(name)]
    if missing and has_database:
        raise Stop(
            f"{path} 缺少 {'、'.join(missing)},而数据库已经存在。请从备份恢复这个文件;"
            "没有它,加密的内容无法读出。",
            f"{path} lacks {', '.join(missing)} although the database exists. Restore that file"
            " from a backup; what is encrypted cannot be read without it.",
        )
    if missing:
        known |= {name: secrets.token_hex(32) for name in missing}
        write_private(path, "".join(f"{name}={value}\n" for name, value in known.items()))
    return known


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 so that a crash leaves either the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
