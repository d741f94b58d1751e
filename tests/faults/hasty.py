"""The site's own Celery application with the sweeps of every minute coming every second.

Only for a beat beside a test: `celery -A tests.faults.hasty beat`.
"""

from config.celery import app

MINUTE = 60.0

app.conf.beat_schedule = {
    name: {**entry, "schedule": 1.0}
    for name, entry in app.conf.beat_schedule.items()
    if entry["schedule"] == MINUTE
}
