import pytest
from django.contrib import admin

from points.actions import award, person
from points.models import Account, Programme, Transfer
from tests.makers import make_city
from tests.points.ledger import give, make_ledger
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db
LISTS = ["/admin/points/programme/", "/admin/points/account/", "/admin/points/transfer/"]


@pytest.fixture
def city():
    city = make_city()
    give_to(city.programme, city.citizen)
    return city


def give_to(programme, user):
    award(
        to=person(user.pk),
        programme=programme,
        rule_code="report_verified",
        source="report:2026-7",
        reason="reporter",
        by=None,
        memo="占道经营",
    )


@pytest.mark.parametrize("path", LISTS)
def test_only_a_supervisor_looks(city, path):
    assert signed_in(city.supervisor).get(path).status_code == 200
    for stranger in (city.manager, city.clerk, city.committee):
        assert signed_in(stranger).get(path).status_code == 403, stranger
    for outsider in (city.citizen, city.merchant_owner):
        assert signed_in(outsider).get(path).status_code in (302, 403), outsider


def test_the_rows_and_their_pages(city):
    browser = signed_in(city.supervisor)
    for path, row in zip(
        LISTS,
        (city.programme, Account.objects.get(kind="person"), Transfer.objects.get()),
        strict=True,
    ):
        response = browser.get(f"{path}{row.pk}/change/")
        assert response.status_code == 200
        assert 'name="_save"' not in response.content.decode()
    assert "占道经营" in browser.get(LISTS[2]).content.decode()
    assert "占道经营" in browser.get(LISTS[2], {"q": "report:2026-7"}).content.decode()


def test_other_programmes_are_not_there(city):
    other = make_ledger()
    give(person(city.citizen.pk), other, 5)
    browser = signed_in(city.supervisor)
    transfer = Transfer.objects.get(debit__programme=other)
    account = Account.objects.get(programme=other, kind="person")
    for path, row in zip(LISTS, (other, account, transfer), strict=True):
        assert browser.get(f"{path}{row.pk}/change/").status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_nobody_writes_by_hand(city, path):
    row = {"programme": city.programme, "account": Account.objects.get(kind="person")}.get(
        path.split("/")[3], Transfer.objects.get()
    )
    browser = signed_in(city.supervisor)
    assert browser.get(f"{path}add/").status_code == 403
    assert (
        browser.post(f"{path}{row.pk}/change/", {"points": 999, "balance": 999}).status_code == 403
    )
    assert browser.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_every_model_of_the_ledger_that_is_shown_is_read_only():
    for model in (Programme, Account, Transfer):
        assert not admin.site._registry[model].has_change_permission(None)
