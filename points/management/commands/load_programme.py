from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from points.actions import load_programme
from points.actions.programmes import BadPreset, preset_names


class Command(BaseCommand):
    help = "Bring a programme in from points/presets/, or up to date with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=", ".join(preset_names()))

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            loaded = load_programme(name=name)
        except BadPreset as error:
            raise CommandError(str(error)) from error
        for code in loaded.new_versions:
            self.stdout.write(f"new version: {code}")
        for code in loaded.ended:
            self.stdout.write(f"ended: {code}")
        self.stdout.write(f"{loaded.programme.code}: {loaded.programme.name}")
