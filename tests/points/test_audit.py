import logging
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from points import queries
from points.actions import expire, person, refund, reverse
from points.models import Account, Bucket, Transfer
from points.tasks import audit_hourly
from tests.points.ledger import give, make_ledger, use, when

pytestmark = pytest.mark.django_db
LI = person(1)


@pytest.fixture
def account():
    """A ledger with every kind of transfer in it."""
    programme = make_ledger()
    give(LI, programme, 50, at=when(2025, 1, 5))
    back = use(LI, programme, 10, at=when(2025, 2, 5))
    refund(transfer_id=back.pk, source="redemption:1", by=None, key="r", at=when(2025, 3, 1))
    use(LI, programme, 10, at=when(2025, 2, 5))
    expire(on=when(2026, 2, 1).date())
    wrong = give(LI, programme, 30).transfer
    reverse(transfer_id=wrong.pk, by=None, memo="", key="v")
    give(LI, programme, 20)
    assert queries.audit().wrong == []
    return Account.objects.get(kind="person")


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, params)


def tampered(sql, *params):
    """Change the ledger as one with every right could, and hear what the audit says."""
    execute("ALTER TABLE points_transfer DISABLE TRIGGER points_transfer_no_change")
    execute("ALTER TABLE points_bucketuse DISABLE TRIGGER points_bucketuse_no_change")
    execute(sql, *params)
    return queries.audit().wrong


def test_a_whole_ledger(account):
    report = queries.audit()
    assert report.ok
    assert (report.accounts, report.transfers) == (4, Transfer.objects.count())


def test_a_raised_balance_is_named(account):
    wrong = tampered("UPDATE points_account SET balance = 999 WHERE id = %s", account.pk)
    assert f"account {account.pk} (person:1): balance 999, buckets 20, transfers 20" in wrong
    assert any("add up to 979 instead of 0" in line for line in wrong)


def test_a_filled_bucket_is_named(account):
    bucket = Bucket.objects.order_by("expires_on").first()
    wrong = tampered("UPDATE points_bucket SET remaining = 7 WHERE id = %s", bucket.pk)
    assert f"account {account.pk} (person:1): balance 20, buckets 27, transfers 20" in wrong
    assert f"bucket {bucket.pk} of account {account.pk}: 7 left, but its rows add up to 0" in wrong


def test_points_moved_between_buckets_are_named(account):
    """The sums still agree; only the thorough look sees it."""
    wrong = tampered(
        "UPDATE points_bucket SET remaining = CASE WHEN remaining = 20 THEN 15 ELSE 5 END"
    )
    assert [line for line in wrong if line.startswith("account")] == []
    assert len([line for line in wrong if line.startswith("bucket")]) == 2
    assert queries.audit(thorough=False).ok


def test_an_edited_transfer_is_named(account):
    spend = Transfer.objects.filter(kind="spend").last()
    wrong = tampered("UPDATE points_transfer SET points = 1 WHERE id = %s", spend.pk)
    assert f"transfer {spend.pk} (spend): 1 points, but its bucket uses add up to -10" in wrong
    assert f"account {account.pk} (person:1): balance 20, buckets 20, transfers 29" in wrong


def test_a_deleted_award_is_named(account):
    wrong = tampered("DELETE FROM points_transfer WHERE kind = 'award' AND points = 20")
    assert f"account {account.pk} (person:1): balance 20, buckets 20, transfers 0" in wrong


def test_a_changed_month_is_named(account):
    wrong = tampered("UPDATE points_monthlytotal SET earned = 40 WHERE month = '2025-01-01'")
    assert wrong == [
        f"account {account.pk} in 2025-01-01: earned 40 instead of 50, spent 0 instead of 0"
    ]


def test_a_transfer_between_programmes_is_named(account):
    other = make_ledger()
    give(LI, other, 1)
    issued = Account.objects.get(programme=other, kind="issued")
    wrong = tampered(
        "UPDATE points_transfer SET debit_id = %s WHERE kind = 'award' AND points = 20", issued.pk
    )
    assert len([line for line in wrong if line.startswith("programme")]) == 2


def test_the_command_names_what_is_wrong_and_fails(account):
    out, err = StringIO(), StringIO()
    call_command("audit_ledger", stdout=out)
    assert "all is well" in out.getvalue()
    execute("UPDATE points_account SET balance = 999 WHERE id = %s", account.pk)
    with pytest.raises(CommandError) as failed:
        call_command("audit_ledger", "--quick", stderr=err)
    assert failed.value.returncode == 1
    assert f"account {account.pk}" in err.getvalue()


def test_the_hourly_look_raises_an_error_in_the_log(account, caplog):
    with caplog.at_level(logging.ERROR, logger="points.tasks"):
        audit_hourly()
        assert not caplog.records
        execute("UPDATE points_account SET balance = 999 WHERE id = %s", account.pk)
        audit_hourly()
    assert f"account {account.pk}" in caplog.text
