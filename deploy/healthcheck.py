"""Is this container well? `healthcheck.py` asks the web server's /readyz, `… worker` the worker."""

import os
import subprocess
import sys
import urllib.request


def main(what: str) -> int:
    if what == "worker":
        ping = [sys.executable, "-m", "celery", "-A", "config", "inspect", "ping", "--timeout=10"]
        return subprocess.run([*ping, "-d", f"worker@{os.uname().nodename}"], check=False).returncode
    # The first allowed name, not 127.0.0.1: the site refuses names that are not its own.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "web"))
