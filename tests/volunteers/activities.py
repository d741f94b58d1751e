"""Activities for tests."""

import datetime as dt

from django.utils import timezone

from tests.makers import City
from volunteers.models import Activity


def make_activity(city: City, **fields: object) -> Activity:
    """Two hours from tomorrow on in the city's first market, ten places."""
    starts_at = fields.pop("starts_at", timezone.now() + dt.timedelta(days=1))
    assert isinstance(starts_at, dt.datetime)
    return Activity.objects.create(
        **{
            "district": city.district,
            "market": city.market,
            "title": "清洁市场通道",
            "where": "北门",
            "starts_at": starts_at,
            "ends_at": starts_at + dt.timedelta(hours=2),
            "places": 10,
            "organiser": city.manager,
            **fields,
        }
    )
