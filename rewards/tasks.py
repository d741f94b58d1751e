"""The rewards room's own work every hour."""

import logging

from celery import shared_task

from rewards.queries import audit_stock

log = logging.getLogger(__name__)


@shared_task(name="rewards.audit_hourly")
def audit_hourly() -> None:
    """Prove that every unit is accounted for; whatever is wrong is named in the log as an error."""
    for line in audit_stock().wrong:
        log.error("stock: %s", line)
