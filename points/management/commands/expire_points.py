from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from points.actions import expire
from points.calendar import local_date


class Command(BaseCommand):
    help = "Expire all points whose last day is past. Safe to stop and to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="expire what can no longer be spent on that day (default: today)",
        )
        parser.add_argument(
            "--ahead",
            action="store_true",
            help="allow a day in the future: points that are still good today will be gone",
        )

    def handle(self, *args: Any, on: date | None, ahead: bool, **options: Any) -> None:
        today = local_date()
        if on and on > today and not ahead:
            raise CommandError(
                f"{on} is in the future: points that are still good today would be lost. "
                "Add --ahead if that is meant, for a rehearsal."
            )
        done = expire(on=on or today)
        self.stdout.write(
            f"{done.points} points in {done.buckets} buckets of {done.accounts} accounts expired"
        )
