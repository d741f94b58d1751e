from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from points import append_only
from points.actions import expire, freeze, person, refund, reverse
from points.models import Account, Bucket, MonthlyTotal, Transfer
from tests.points.ledger import assert_whole, give, make_ledger, use, when

pytestmark = pytest.mark.django_db
LI = person(1)
ROLE = "points_test_app"


@pytest.fixture
def programme():
    programme = make_ledger()
    give(LI, programme, 50)
    use(LI, programme, 10)
    freeze(holder=person(1), programme=programme, by=None, why="a look")
    return programme


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def settle():
    """Let the deferred checks run, so that nothing is pending when privileges are tried."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


def test_the_ledgers_tables_are_registered():
    assert {"points_transfer", "points_bucketuse", "points_freezemove"} <= set(append_only.tables())


@pytest.mark.parametrize("table", append_only.tables())
def test_every_append_only_table_has_its_guard(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = %s AND tgrelid = %s::regclass",
            [f"{table}_no_change", table],
        )
        assert cursor.fetchone() == ("O",)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE points_transfer SET points = points + 1",
        "UPDATE points_transfer SET memo = memo",
        "DELETE FROM points_transfer WHERE kind = 'spend'",
        "UPDATE points_bucketuse SET points = points",
        "DELETE FROM points_bucketuse",
        "UPDATE points_freezemove SET why = 'nothing'",
        "DELETE FROM points_freezemove",
    ],
)
def test_the_database_refuses_changes_even_to_its_owner(programme, sql):
    before = list(Transfer.objects.values())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(sql)
    assert list(Transfer.objects.values()) == before


def test_the_orm_is_refused_too(programme):
    transfer = Transfer.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        transfer.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.all()._raw_delete("default")


def test_truncate_is_refused(programme):
    settle()
    # Tests that commit switch off this one trigger, to be able to clean up after themselves.
    execute("ALTER TABLE points_transfer ENABLE TRIGGER points_transfer_no_truncate")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute("TRUNCATE points_transfer CASCADE")
    assert Transfer.objects.exists()


# --- constraints, tried by raw SQL ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("UPDATE points_account SET balance = -1 WHERE kind = 'person'", "points_account_balance"),
        ("UPDATE points_account SET balance = 1 WHERE kind = 'issued'", "points_account_balance"),
        ("UPDATE points_bucket SET remaining = -1", "points_bucket_not_negative"),
        ("UPDATE points_monthlytotal SET spent = -1", "points_month_not_negative"),
        (
            "INSERT INTO points_bucket (account_id, funding_id, expires_on, remaining)"
            " SELECT account_id, funding_id, expires_on, 1 FROM points_bucket",
            "points_bucket_shape",
        ),
        (
            "INSERT INTO points_account (programme_id, unit, kind, holder_id, label, balance)"
            " SELECT programme_id, unit, kind, holder_id, '', 0 FROM points_account",
            "points_account_shape",
        ),
    ],
)
def test_constraints_hold(programme, sql, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        execute(sql)


COPY = """
INSERT INTO points_transfer (debit_id, credit_id, points, cut, kind, source, reason,
    idempotency_key, request_hash, memo, booked_on, created_at)
SELECT {debit}, credit_id, {points}, 0, kind, {source}, reason, {key}, '', '', booked_on, now()
FROM points_transfer WHERE kind = 'award'
"""


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"points": "0"}, "points_transfer_positive"),
        ({"points": "-5"}, "points_transfer_positive"),
        ({"debit": "credit_id"}, "points_transfer_two_sides"),
        ({"source": "source"}, "points_award_once"),
        ({"key": "idempotency_key"}, "points_transfer_key"),
    ],
)
def test_constraints_of_transfers_hold(programme, change, constraint):
    parts = {"debit": "debit_id", "points": "1", "source": "'new'", "key": "'new'", **change}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        execute(COPY.format(**parts))


# --- the application's own role ----------------------------------------------------------------


@pytest.fixture
def app_role(programme):
    settle()
    execute(f"CREATE ROLE {ROLE}")
    out = StringIO()
    call_command("grant_app_role", ROLE, stdout=out)
    assert "points_transfer" in out.getvalue()
    execute(f"SET LOCAL ROLE {ROLE}")
    yield ROLE
    execute("RESET ROLE")


@pytest.mark.parametrize("table", append_only.tables())
@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_role_may_not_change_what_is_written(app_role, table, verb):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(verb.format(table))


def test_the_role_may_not_switch_the_guard_off(app_role):
    for sql in (
        "ALTER TABLE points_transfer DISABLE TRIGGER ALL",
        "DROP TRIGGER points_transfer_no_change ON points_transfer",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION points_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$",
    ):
        with pytest.raises(DatabaseError, match=r"must be owner|permission denied"):  # noqa: SIM117
            with transaction.atomic():
                execute(sql)


def test_the_role_can_do_every_days_work(programme, app_role):
    """Foreign keys lock rows of tables that the role may not update; it works all the same."""
    holder = person(2)
    given = give(holder, programme, 10, at=when(2025, 1, 5)).transfer
    give(holder, programme, 20)
    spent = use(holder, programme, 5)
    settle()
    refund(transfer_id=spent.pk, source="redemption:1", by=None, key="r")
    reverse(transfer_id=give(holder, programme, 3).transfer.pk, by=None, memo="", key="v")
    expire(on=given.expires_on.replace(day=1, month=2))
    settle()
    Bucket.objects.update(remaining=0)
    Account.objects.update(balance=0)
    MonthlyTotal.objects.all().delete()
    settle()


def test_the_day_of_the_role_leaves_the_ledger_whole(programme, app_role):
    give(person(2), programme, 10)
    use(person(2), programme, 4)
    settle()
    assert_whole()


def test_a_role_that_no_grant_can_hold_back_is_refused():
    with pytest.raises(CommandError, match="no such role"):
        call_command("grant_app_role", "nobody_of_that_name")
    execute(f"CREATE ROLE {ROLE} SUPERUSER")
    with pytest.raises(CommandError, match="superuser"):
        call_command("grant_app_role", ROLE)
