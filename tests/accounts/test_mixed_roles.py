"""Somebody with two roles: what one of them allows holds where that one is held, nowhere else."""

import pytest
from django.test import Client

from accounts.models import StaffRole
from accounts.states import Role
from markets.models import Department, Market
from pages.desk.counts import waiting_for
from reports.models import Report
from rewards.models import KioskDevice, Stock
from tests.makers import City, make_city, make_market
from tests.rewards.shop import make_reward, on_shelf
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
SENT = {"_form_submitted": "on"}


@pytest.fixture
def city() -> City:
    """The manager of one market helps out at the desk of the other one."""
    city = make_city()
    StaffRole.objects.create(user=city.manager, role=Role.CLERK, market=city.other_market)
    return city


@pytest.fixture
def visitor(city: City) -> Client:
    return signed_in(city.manager)


def make_report(city: City, market: Market) -> Report:
    return Report.objects.create(reporter=city.citizen, market=market, category=city.category)


def make_kiosk(city: City, market: Market) -> KioskDevice:
    return KioskDevice.objects.create(market=market, name="1", issued_by=city.other_manager)


def test_a_clerk_reads_no_reports_there(city, visitor) -> None:
    own, other = make_report(city, city.market), make_report(city, city.other_market)
    assert visitor.get(f"/admin/reports/report/{own.pk}/change/").status_code == 200
    assert visitor.get(f"/admin/reports/report/{other.pk}/change/").status_code == 404
    listed = visitor.get("/admin/reports/report/").content.decode()
    assert own.number in listed
    assert other.number not in listed
    assert waiting_for(city.manager)[0].count == 1


def test_a_tile_leads_to_a_list_that_opens(city) -> None:
    for person in (city.clerk, city.manager, city.supervisor, city.handler):
        tiles = waiting_for(person)
        visitor = signed_in(person)
        assert [visitor.get(tile.url).status_code for tile in tiles] == [200] * len(tiles)
    assert [tile.url for tile in waiting_for(city.clerk)] == ["/admin/rewards/stock/"]


def test_a_clerk_binds_and_revokes_no_tablet_there(city, visitor) -> None:
    own, other = make_kiosk(city, city.market), make_kiosk(city, city.other_market)
    at = "/admin/rewards/kioskdevice/"
    assert visitor.post(f"{at}{other.pk}/issue-code/", SENT).status_code == 404
    assert visitor.post(f"{at}{other.pk}/revoke/", SENT).status_code == 404
    other.refresh_from_db()
    assert (other.revoked_at, other.binding_hash) == (None, None)
    assert visitor.post(f"{at}{own.pk}/revoke/", SENT).status_code == 302
    visitor.post(f"{at}add/", {"name": "2", "market": city.other_market.pk})
    assert not KioskDevice.objects.filter(name="2").exists()
    visitor.post(f"{at}add/", {"name": "2", "market": city.market.pk})
    assert KioskDevice.objects.filter(name="2").exists()


def test_a_clerk_sees_stock_there_and_changes_nothing_of_it(city, visitor) -> None:
    reward = make_reward(city.programme)
    for market in (city.market, city.other_market):
        on_shelf(reward, market, 4)
    own = Stock.objects.get(market=city.market)
    other = Stock.objects.get(market=city.other_market)
    form = {"low_at": "3", "is_offered": "", "moves-TOTAL_FORMS": "0", "moves-INITIAL_FORMS": "0"}
    at = "/admin/rewards/stock/"
    assert visitor.get(f"{at}{other.pk}/change/").status_code == 200
    assert visitor.post(f"{at}{other.pk}/change/", form).status_code == 403
    assert visitor.post(f"{at}{own.pk}/change/", form).status_code == 302
    other.refresh_from_db()
    own.refresh_from_db()
    assert (other.is_offered, own.is_offered) == (True, False)
    # Counting what comes in is a clerk's work too.
    assert visitor.get(f"{at}{other.pk}/receive/").status_code == 200


def test_a_clerk_changes_neither_market_nor_stalls_nor_people_there(city, visitor) -> None:
    market, stall = city.other_market, city.other_stall
    assert visitor.post(f"/admin/markets/market/{market.pk}/change/", {}).status_code == 403
    assert visitor.post(f"/admin/markets/stall/{stall.pk}/change/", {}).status_code == 403
    for path in ("start-tenancy", "move-merchant", "replace-code", "give-up"):
        answer = visitor.post(f"/admin/markets/stall/{stall.pk}/{path}/", SENT)
        assert answer.status_code == 403, path
    tenancy = stall.tenancies.get()
    assert visitor.get(f"/admin/markets/tenancy/{tenancy.pk}/end/").status_code == 403
    merchant = city.other_merchant
    assert visitor.get(f"/admin/markets/merchant/{merchant.pk}/add-member/").status_code == 403
    theirs = Department.objects.create(district=city.district, market=market, name="物业")
    at = f"/admin/markets/department/{theirs.pk}/change/"
    assert visitor.post(at, {"name": "x"}).status_code == 403
    assert visitor.get(f"/admin/markets/stall/{city.stall.pk}/give-up/").status_code == 200


def test_a_supervisor_elsewhere_is_no_manager_there(city) -> None:
    """Tablets are a manager's: who supervises another district only reads them there."""
    away = make_market(city.other_district, "草市街市场", "caoshi")
    StaffRole.objects.filter(user=city.manager, role=Role.CLERK).delete()
    StaffRole.objects.create(user=city.manager, role=Role.SUPERVISOR, district=city.other_district)
    kiosk = make_kiosk(city, away)
    visitor = signed_in(city.manager)
    assert visitor.get(f"/admin/rewards/kioskdevice/{kiosk.pk}/change/").status_code == 200
    assert visitor.post(f"/admin/rewards/kioskdevice/{kiosk.pk}/revoke/", SENT).status_code == 403
    rule = f"/admin/reports/dispatchrule/{city.rule.pk}/"
    assert visitor.post(f"{rule}delete/", {"post": "yes"}).status_code in (403, 404)
