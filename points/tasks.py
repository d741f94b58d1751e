"""The ledger's own work at night and every hour."""

import logging

from celery import shared_task

from points.actions import expire
from points.calendar import local_date
from points.queries import audit

log = logging.getLogger(__name__)


@shared_task(name="points.expire_nightly")
def expire_nightly() -> None:
    """Expire what can no longer be spent today. Late, twice or killed half-way does no harm."""
    done = expire(on=local_date())
    log.info("expired %s points of %s accounts", done.points, done.accounts)


@shared_task(name="points.audit_hourly")
def audit_hourly() -> None:
    """Prove the ledger whole; whatever is wrong is named in the log as an error."""
    report = audit()
    for line in report.wrong:
        log.error("ledger: %s", line)
