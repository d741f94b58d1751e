"""Letting points die when their month has passed."""

from datetime import date
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from points.actions.locks import lock_by_id


class Expired(NamedTuple):
    accounts: int
    buckets: int
    points: int


# Emptied buckets fall out of the partial index, so every chunk starts where the last one ended.
DUE = """
SELECT DISTINCT account_id FROM (
    SELECT account_id FROM points_bucket WHERE remaining > 0 AND expires_on < %s
    ORDER BY expires_on LIMIT %s
) AS soonest
"""

# The key only has to be unique: what makes a second run do nothing is that it finds nothing.
EXPIRE = """
WITH dead AS (
    SELECT id, account_id, remaining FROM points_bucket
    WHERE account_id = ANY(%(accounts)s) AND expires_on < %(on)s AND remaining > 0
), per_account AS (
    SELECT account_id, sum(remaining) AS points FROM dead GROUP BY account_id
), new AS (
    INSERT INTO points_transfer (
        debit_id, credit_id, points, cut, kind, source, reason, debit_after,
        idempotency_key, request_hash, memo, booked_on, created_at
    )
    SELECT a.id, s.id, p.points, 0, 'expiry', '', '', a.balance - p.points,
        'expiry:' || %(on)s || ':' || a.id || ':' || gen_random_uuid(), '', '', %(on)s, %(now)s
    FROM per_account p
    JOIN points_account a ON a.id = p.account_id
    JOIN points_account s ON s.programme_id = a.programme_id AND s.unit = a.unit
        AND s.kind = 'expired' AND s.holder_id = 0
    ORDER BY a.id
    RETURNING id, debit_id, points
), used AS (
    INSERT INTO points_bucketuse (transfer_id, bucket_id, points)
    SELECT new.id, dead.id, -dead.remaining FROM dead JOIN new ON new.debit_id = dead.account_id
    RETURNING bucket_id, points
), emptied AS (
    UPDATE points_bucket b SET remaining = b.remaining + used.points
    FROM used WHERE b.id = used.bucket_id
), balances AS (
    UPDATE points_account a SET balance = a.balance - new.points
    FROM new WHERE a.id = new.debit_id
)
SELECT (SELECT count(*) FROM new), (SELECT count(*) FROM dead),
    (SELECT coalesce(sum(points), 0) FROM new)
"""


def expire(*, on: date, chunk: int = 1000) -> Expired:
    """Expire everything whose last day is before `on`; returns how much that was.

    At most `chunk` accounts a transaction, each locked ascending by id, so that redemptions go
    on meanwhile. May be stopped anywhere and started again; a second run changes nothing.
    """
    done = Expired(0, 0, 0)
    while True:
        one = _expire_chunk(on, chunk)
        if one is None:
            return done
        done = Expired(*(a + b for a, b in zip(done, one, strict=True)))


@transaction.atomic
def _expire_chunk(on: date, chunk: int) -> Expired | None:
    with connection.cursor() as cursor:
        cursor.execute(DUE, [on, chunk])
        accounts = [row[0] for row in cursor.fetchall()]
        if not accounts:
            return None
        lock_by_id(accounts)
        cursor.execute(EXPIRE, {"accounts": accounts, "on": on, "now": timezone.now()})
        done = Expired(*map(int, cursor.fetchone()))
    if done.buckets and not done.accounts:
        raise RuntimeError(f"no account to expire to, for accounts {accounts[:10]}")
    return done
