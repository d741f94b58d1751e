"""`manage.py draw_states`: write docs/states.md from the table of moves."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from reports.drawing import states_page


class Command(BaseCommand):
    help = "Write docs/states.md from the table of moves."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "states.md"
        path.write_text(states_page(), encoding="utf-8")
        self.stdout.write(f"{path.name} written")
