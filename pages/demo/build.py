"""The whole demo city in one transaction."""

import datetime as dt
import random
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from pages.demo import data
from pages.demo.history import History
from pages.demo.ledger import Year
from pages.demo.people import People
from pages.demo.pictures import draw_pictures
from pages.demo.places import Places, build_places
from points.actions import load_programme
from points.models import Programme
from rewards.actions import make_kiosk
from volunteers.models import Activity

SEED = 2026
RESIDENTS = 300


def build_city(*, say: Callable[[str], None]) -> None:
    """Build it, telling `say` what is being done. All or nothing; the same for the same day."""
    rng = random.Random(SEED)  # noqa: S311 - a demo is to be the same everywhere
    say("正在画照片…… drawing the photos")
    pictures = draw_pictures()
    with transaction.atomic():
        say("正在建市场和摊位…… markets and stalls")
        load_programme(name="chengdu")
        programme = Programme.objects.get(code="chengdu")
        people = People(rng)
        residents = people.residents(RESIDENTS)
        places = build_places(rng, people, programme=programme)
        say("正在写一年的上报…… a year of reports")
        closed = History(rng, places, residents, pictures).build()
        say("正在记积分和兑换…… points and rewards")
        Year(rng, places, residents, closed).run()
        _activities(places)
        for market in places.markets:
            make_kiosk(market=market, name="服务台平板", by=places.managers[market.pk])


def _activities(places: Places) -> None:
    today = timezone.localdate()
    for number, market in enumerate(places.markets):
        for offset, (title, what, where, hour, hours, seats) in enumerate(data.ACTIVITIES):
            day = today + dt.timedelta(days=1 + (number + offset * 3) % 12)
            starts_at = timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))
            Activity.objects.create(
                district=market.district,
                market=market,
                title=title,
                what=what,
                where=where,
                starts_at=starts_at,
                ends_at=starts_at + dt.timedelta(hours=hours),
                places=seats,
                organiser=places.managers[market.pk],
            )
