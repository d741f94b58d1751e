"""The proof that the ledger is whole."""

from typing import NamedTuple

from django.db import connection, transaction


class AuditReport(NamedTuple):
    """`wrong` names each offending row in words; empty means that all is well."""

    accounts: int
    transfers: int
    wrong: list[str]

    @property
    def ok(self) -> bool:
        return not self.wrong


# Every statement answers with sentences about what is wrong, and with nothing when all is well.
CORE = """
WITH net AS MATERIALIZED (
    SELECT account_id, sum(points) AS points FROM (
        SELECT credit_id AS account_id, sum(points) AS points
        FROM points_transfer GROUP BY credit_id
        UNION ALL
        SELECT debit_id, -sum(points) FROM points_transfer GROUP BY debit_id
    ) AS sides GROUP BY account_id
), state AS MATERIALIZED (
    SELECT a.*, a.kind IN ('person', 'household', 'merchant') AS running,
        coalesce(b.points, 0) AS buckets, coalesce(n.points, 0) AS transfers
    FROM points_account a
    LEFT JOIN (
        SELECT account_id, sum(remaining) AS points FROM points_bucket GROUP BY account_id
    ) b ON b.account_id = a.id
    LEFT JOIN net n ON n.account_id = a.id
)
(SELECT format('account %s (%s:%s): balance %s, buckets %s, transfers %s',
    id, kind, holder_id, balance, buckets, transfers)
FROM state
WHERE running AND (balance <> buckets OR balance <> transfers OR balance < 0)
ORDER BY id LIMIT 100)
UNION ALL
(SELECT format('programme %s, %s: all accounts add up to %s instead of 0', programme_id, unit,
    sum(CASE WHEN running THEN balance ELSE transfers END))
FROM state GROUP BY programme_id, unit
HAVING sum(CASE WHEN running THEN balance ELSE transfers END) <> 0)
"""

NEGATIVE_BUCKETS = """
SELECT format('bucket %s of account %s: %s left', id, account_id, remaining)
FROM points_bucket WHERE remaining < 0 ORDER BY id LIMIT 100
"""

BUCKETS = """
SELECT format('bucket %s of account %s: %s left, but its rows add up to %s',
    b.id, b.account_id, b.remaining, coalesce(f.points, 0) + coalesce(u.points, 0))
FROM points_bucket b
LEFT JOIN (
    SELECT credit_id, debit_id, expires_on, sum(points) AS points
    FROM points_transfer WHERE kind = 'award' GROUP BY 1, 2, 3
) f ON f.credit_id = b.account_id AND f.debit_id = b.funding_id AND f.expires_on = b.expires_on
LEFT JOIN (
    SELECT bucket_id, sum(points) AS points FROM points_bucketuse GROUP BY 1
) u ON u.bucket_id = b.id
WHERE b.remaining <> coalesce(f.points, 0) + coalesce(u.points, 0)
ORDER BY b.id LIMIT 100
"""

USES = """
SELECT format('transfer %s (%s): %s points, but its bucket uses add up to %s',
    t.id, t.kind, t.points, coalesce(u.points, 0))
FROM points_transfer t
LEFT JOIN (
    SELECT transfer_id, sum(points) AS points FROM points_bucketuse GROUP BY 1
) u ON u.transfer_id = t.id
WHERE coalesce(u.points, 0) <> CASE t.kind
    WHEN 'award' THEN 0 WHEN 'refund' THEN t.points ELSE -t.points END
ORDER BY t.id LIMIT 100
"""

MONTHS = """
SELECT format('account %s in %s: earned %s instead of %s, spent %s instead of %s',
    coalesce(m.account_id, s.account_id), coalesce(m.month, s.month), coalesce(m.earned, 0),
    coalesce(s.earned, 0), coalesce(m.spent, 0), coalesce(s.spent, 0))
FROM points_monthlytotal m
FULL JOIN (
    SELECT account_id, month, sum(earned) AS earned, sum(spent) AS spent FROM (
        SELECT credit_id AS account_id, date_trunc('month', booked_on)::date AS month,
            sum(points) AS earned, 0 AS spent
        FROM points_transfer WHERE kind = 'award' GROUP BY 1, 2
        UNION ALL
        SELECT debit_id, date_trunc('month', booked_on)::date, 0, sum(points)
        FROM points_transfer WHERE kind = 'spend' GROUP BY 1, 2
        UNION ALL
        SELECT r.debit_id, date_trunc('month', t.booked_on)::date, -sum(r.points), 0
        FROM points_transfer r JOIN points_transfer t ON t.id = r.reverses_id
        WHERE r.kind = 'reversal' GROUP BY 1, 2
        UNION ALL
        SELECT r.credit_id, date_trunc('month', t.booked_on)::date, 0, -sum(r.points)
        FROM points_transfer r JOIN points_transfer t ON t.id = r.reverses_id
        WHERE r.kind = 'refund' GROUP BY 1, 2
    ) AS parts GROUP BY 1, 2
) s ON s.account_id = m.account_id AND s.month = m.month
WHERE coalesce(m.earned, 0) <> coalesce(s.earned, 0)
    OR coalesce(m.spent, 0) <> coalesce(s.spent, 0)
ORDER BY m.account_id, m.month LIMIT 100
"""

CHECKS = (CORE, NEGATIVE_BUCKETS)
THOROUGH = (BUCKETS, USES, MONTHS)


def audit(*, thorough: bool = True) -> AuditReport:
    """Prove balances = buckets = sums of transfers, zero sum of all, none negative.

    Thorough also proves each bucket, the uses of each transfer and the monthly totals. Set-based
    and without locks: all is read from one snapshot. At most 100 rows of each kind are named.
    """
    wrong: list[str] = []
    # Inside a caller's transaction the snapshot is the caller's; there must be no other writers.
    own = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if own:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for sql in CHECKS + (THOROUGH if thorough else ()):
            cursor.execute(sql)
            wrong += [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT (SELECT count(*) FROM points_account), (SELECT count(*) FROM points_transfer)"
        )
        accounts, transfers = cursor.fetchone()
    return AuditReport(accounts, transfers, wrong)
