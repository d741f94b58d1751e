"""Reads of the ledger: rows ready for a page."""

from points.queries.audits import AuditReport, audit
from points.queries.balances import available, expiring_next, honour, month_earned, programmes_for
from points.queries.statements import StatementRow, statement

__all__ = [
    "AuditReport",
    "StatementRow",
    "audit",
    "available",
    "expiring_next",
    "honour",
    "month_earned",
    "programmes_for",
    "statement",
]
