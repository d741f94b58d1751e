"""Run beside a test: an empty database becomes that of a small city, with a citizen signed in.

Says in JSON what a browser needs to know.
"""

import json
import os

import django


def furnish() -> dict[str, str]:
    """Migrate, build the city of tests.makers, and let the citizen sign in."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from tests.makers import make_city

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    city = make_city()
    client = Client()
    client.force_login(city.citizen)
    return {
        "session": client.cookies["sessionid"].value,
        "stall": city.stall_code,
        "category": city.category.code,
    }


if __name__ == "__main__":
    print(json.dumps(furnish()))  # noqa: T201
