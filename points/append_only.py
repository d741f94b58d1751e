"""Tables that are only ever added to.

A model says `append_only = True` and one of its room's migrations runs `guard("its_table")`.
From then on the database refuses UPDATE and DELETE for everyone, and `manage.py grant_app_role`
gives the application's role no right to either.
"""

from typing import Any

from django.apps import apps
from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION points_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""


def tables() -> list[str]:
    """Names of all append-only tables, of whatever room."""
    return sorted(m._meta.db_table for m in apps.get_models() if getattr(m, "append_only", False))


def guard(table: str, *, truncate: bool = False) -> migrations.RunSQL:
    """A migration operation: refuse UPDATE and DELETE (and TRUNCATE when asked) on the table."""
    forward: list[str | tuple[str, Any]] = [
        FUNCTION,
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION points_append_only()",
    ]
    backward: list[str | tuple[str, Any]] = [f"DROP TRIGGER {table}_no_change ON {table}"]
    if truncate:
        forward.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION points_append_only()"
        )
        backward.append(f"DROP TRIGGER {table}_no_truncate ON {table}")
    return migrations.RunSQL(forward, backward)
