"""Run inside the environment by bin/serve: bring the database to this version of the program.

As the owner role: migrate, the cache's table, and the app role's rights. One process, because
starting Django takes longer than all of it when there is nothing to do.
"""

import io
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
EMPTY = "nobody is in the database yet"


def main(app_url: str) -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    django.setup()
    if _behind():
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    role = urlsplit(app_url).username or ""
    owner = urlsplit(os.environ["DATABASE_URL"]).username
    if role and role != owner and "grant_app_role" in get_commands():
        call_command("grant_app_role", role, stdout=io.StringIO())
    if not get_user_model().objects.exists():
        print(EMPTY)


def _behind() -> bool:
    """Whether a migration is missing; a whole `migrate` without any takes a second longer."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


if __name__ == "__main__":
    main(os.environ["APP_DATABASE_URL"])
