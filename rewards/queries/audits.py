"""The proof that no unit was lost or made up."""

from typing import NamedTuple

from django.db import connection


class StockAudit(NamedTuple):
    """`wrong` names each stock whose units don't add up, in words; empty means that all do."""

    stocks: int
    wrong: list[str]

    @property
    def ok(self) -> bool:
        return not self.wrong


# Withdrawn vouchers count as redeemed; the unit that came back is a move of its own.
SUMS = """
SELECT s.id, s.reward_id, s.market_id,
    coalesce((SELECT sum(units) FROM rewards_stockmove m WHERE m.stock_id = s.id), 0),
    (SELECT count(*) FROM rewards_redemption r
     WHERE r.reward_id = s.reward_id AND r.market_id = s.market_id),
    coalesce((SELECT sum(units) FROM rewards_stockpart p WHERE p.stock_id = s.id), 0)
FROM rewards_stock s ORDER BY s.id
"""
# What no stock or no voucher accounts for.
STRAYS = """
SELECT 'redemption ' || r.id || ' without a stock' FROM rewards_redemption r
LEFT JOIN rewards_stock s ON s.reward_id = r.reward_id AND s.market_id = r.market_id
WHERE s.id IS NULL
UNION ALL
SELECT 'redemption ' || r.id || ' without a voucher' FROM rewards_redemption r
LEFT JOIN rewards_voucher v ON v.redemption_id = r.id WHERE v.id IS NULL
UNION ALL
SELECT 'redemption ' || r.id || ' cost ' || r.points || ', the ledger says ' || t.points
FROM rewards_redemption r JOIN points_transfer t ON t.id = r.transfer_id
WHERE t.points <> r.points OR t.kind <> 'spend'
"""


def audit_stock() -> StockAudit:
    """Moves − redemptions = units left, for every stock; every redemption has its two halves."""
    with connection.cursor() as cursor:
        cursor.execute(SUMS)
        rows = cursor.fetchall()
        wrong = [
            f"stock {pk} (reward {reward}, market {market}): {came} − {went} redeemed ≠ {left} left"
            for pk, reward, market, came, went, left in rows
            if came - went != left
        ]
        cursor.execute(STRAYS)
        wrong += [words for (words,) in cursor.fetchall()]
    return StockAudit(len(rows), wrong)
