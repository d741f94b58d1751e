"""`manage.py demo`: a city to try things in."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pages.demo import cast
from pages.demo.build import build_city
from pages.demo.ledger import city_is_empty


class Command(BaseCommand):
    help = "Build the demo city (2 districts, 6 markets, 300 residents, a year of history)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing if there is data")
        parser.add_argument("--people", action="store_true", help="only say who to sign in as")
        parser.add_argument("--totp", action="store_true", help="only print the current TOTP code")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["totp"]:
            self.stdout.write(cast.totp_now()[0])
            return
        if options["people"]:
            for line in cast.lines(settings.PUBLIC_ORIGIN):
                self.stdout.write(line)
            return
        if not city_is_empty():
            if options["if_empty"]:
                return
            raise CommandError(
                "这个数据库里已有数据，演示城市只能建在空的数据库里。 "
                "There is data already; the demo city needs an empty database."
            )
        if not settings.DEMO_PHONES:
            raise CommandError(
                "演示城市的密码人人知道，只在 DEMO_PHONES=1 时建立。 "
                "Everybody knows the demo's passwords: it is built only with DEMO_PHONES=1."
            )
        begin = time.monotonic()
        build_city(say=lambda words: self.stdout.write(words))
        self.stdout.write(f"演示城市建好了 demo city ready: {time.monotonic() - begin:.0f} s")
