"""What the hourly audit of the stock says, and when it says nothing."""

import logging

import pytest

from rewards.actions import load_catalogue, receive_stock
from rewards.models import StockPart
from rewards.tasks import audit_hourly
from tests.makers import make_city

pytestmark = pytest.mark.django_db


def test_a_unit_that_nobody_accounts_for_is_an_error_in_the_log(caplog) -> None:
    city = make_city()
    city.programme.extras = {"catalogue": [{"code": "rice_1", "name": "大米", "points": 100}]}
    city.programme.save(update_fields=["extras"])
    (rice,) = load_catalogue(programme=city.programme)
    stock = receive_stock(reward=rice, market=city.market, units=5, by=city.manager)
    with caplog.at_level(logging.ERROR):
        audit_hourly()
    assert caplog.records == []
    part = StockPart.objects.filter(stock=stock, units__gt=0).first()
    assert part is not None
    StockPart.objects.filter(pk=part.pk).update(units=part.units + 1)
    with caplog.at_level(logging.ERROR):
        audit_hourly()
    assert f"stock {stock.pk}" in caplog.text
