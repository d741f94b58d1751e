"""The Celery application. Tasks are found in each room's tasks.py; the schedule is in settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("suishoupai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
