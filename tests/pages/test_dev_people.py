"""`/dev/people/`: there while developing, and nowhere else."""

import pytest

from tests.makers import make_city
from tests.signing_in import totp_now

pytestmark = pytest.mark.django_db
PAGE = "/dev/people/"


def test_it_does_not_exist_in_a_real_installation(client, settings) -> None:
    settings.DEBUG = False
    assert client.get(PAGE).status_code == 404


def test_without_a_demo_city_it_says_how_to_build_one(client, settings) -> None:
    settings.DEBUG = True
    assert "manage.py demo" in client.get(PAGE).content.decode()


def test_it_names_who_to_be_and_the_present_code(client, settings, time_machine) -> None:
    time_machine.move_to("2026-11-21T12:00:07Z", tick=False)
    settings.DEBUG = True
    city = make_city()
    city.market.code = "yulan"
    city.market.save(update_fields=["code"])
    text = client.get(PAGE).content.decode()
    for expected in (
        city.citizen.phone,
        city.handler.username,
        city.merchant_owner.phone,
        f"/s/{city.stall_code}/",
        totp_now(),
        'content="23"',
    ):
        assert str(expected) in text
