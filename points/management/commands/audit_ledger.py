from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from points.queries import audit


class Command(BaseCommand):
    help = "Prove that balances, buckets and transfers agree. Exit code 1 names what does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--quick", action="store_true", help="leave out single buckets, uses and months"
        )

    def handle(self, *args: Any, quick: bool, **options: Any) -> None:
        report = audit(thorough=not quick)
        for line in report.wrong:
            self.stderr.write(line)
        if report.wrong:
            raise CommandError(f"the ledger is wrong in {len(report.wrong)} places")
        self.stdout.write(f"{report.accounts} accounts, {report.transfers} transfers: all is well")
