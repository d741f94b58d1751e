"""As root: which ordinary account runs PostgreSQL, and what that account can reach."""

import os
import pwd
from pathlib import Path

from children import Account


def for_server(data: Path) -> Account | None:
    """The account to run under; None when we are an ordinary user ourselves.

    An existing data folder keeps the account that owns it.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        try:
            known = pwd.getpwuid(owner)
            return Account(known.pw_name, known.pw_uid, known.pw_gid)
        except KeyError:
            return Account(str(owner), owner, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            known = pwd.getpwnam(name)
        except KeyError:
            continue
        if known.pw_uid:
            return Account(known.pw_name, known.pw_uid, known.pw_gid)
    return Account("65534", 65534, 65534)


def can_pass(account: Account | None, folder: Path) -> bool:
    """Whether the account may enter every folder down to this one."""
    if account is None:
        return os.access(folder, os.X_OK)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            os._exit(0 if os.access(folder, os.X_OK) else 1)
        except OSError:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def give(account: Account | None, path: Path) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)
