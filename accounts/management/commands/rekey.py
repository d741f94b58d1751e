"""`manage.py rekey`: after PII_KEY was changed and the old one put into PII_OLD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.actions.rekeying import rekey_phones


class Command(BaseCommand):
    help = "Encrypt all phone numbers with the present PII_KEY (docs/operations.md, keys)."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for count in rekey_phones():
            done += count
            self.stdout.write(f"{done}")
        self.stdout.write(f"{done} phone numbers are under the present key.")
