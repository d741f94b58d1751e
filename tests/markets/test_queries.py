"""What a code leads to, and who stands where."""

import datetime as dt

import pytest
from django.utils import timezone

from markets.actions import end_tenancy, give_up_stall, replace_code
from markets.errors import StallRefused
from markets.models import ALPHABET, Market, StallCode, Tenancy, new_stall_code
from markets.queries import code_of, find_stall, markets_open, merchant_of, stalls_of
from tests.makers import City, make_city, make_stall

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return make_city()


def refusal(code: str) -> StallRefused:
    with pytest.raises(StallRefused) as caught:
        find_stall(code)
    return caught.value


def test_a_code_leads_to_stall_zone_market_and_todays_merchant(
    city: City, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(2):
        found = find_stall(city.stall_code)
        assert found.market.district == city.district
    assert found.code == city.stall_code
    assert found.stall == city.stall
    assert found.zone is not None
    assert found.zone.name == "蔬菜区"
    assert found.merchant == city.merchant


def test_typed_by_hand_in_any_way_it_is_the_same_code(city: City) -> None:
    code = city.stall_code
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for typed in (
        code.lower(),
        f" {code[:5]} {code[5:]} ",
        f"{code[:3]}-{code[3:6]}-{code[6:]}",
        wide,
    ):
        assert find_stall(typed).stall == city.stall


def test_look_alikes_are_read_as_meant(city: City) -> None:
    StallCode.objects.filter(stall=city.stall).update(code="Q7JWY23456")
    for typed in ("07JWY23456", "o7jwy23456", "Q1JWY23456", "Q7IWY23456", "q7luv23456"):
        assert find_stall(typed).stall == city.stall


def test_no_code_has_a_letter_that_is_read_two_ways() -> None:
    assert not set("01OILUV") & set(ALPHABET)
    codes = {new_stall_code() for _each in range(2000)}
    assert len(codes) == 2000
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) for code in codes)


@pytest.mark.parametrize("code", ["", "X", "ABCDEFGHJK", "摊位", "A" * 300, "%00", "'; --"])
def test_unknown(city: City, code: str) -> None:
    refused = refusal(code)
    assert refused.code == "unknown"
    assert refused.stall is None


def test_garbage_never_becomes_a_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        refusal("<script>")


def test_an_old_sticker_names_the_stall_and_the_code_in_use(city: City) -> None:
    new = replace_code(stall_id=city.stall.pk, by=city.manager)
    refused = refusal(city.stall_code)
    assert (refused.code, refused.stall, refused.in_use) == ("replaced", city.stall, new.code)
    assert find_stall(new.code).stall == city.stall


def test_a_stall_given_up_is_closed(city: City) -> None:
    give_up_stall(stall_id=city.stall.pk, by=city.manager)
    refused = refusal(city.stall_code)
    assert (refused.code, refused.stall) == ("closed", city.stall)


def test_a_market_out_of_use_closes_its_stalls(city: City) -> None:
    Market.objects.filter(pk=city.market.pk).update(is_open=False)
    assert refusal(city.stall_code).code == "closed"
    assert city.market not in markets_open()


def test_a_stall_that_moved_says_where_to(city: City) -> None:
    new_place = make_stall(city.market, "A-13")
    give_up_stall(stall_id=city.stall.pk, moved_to_id=new_place.pk, by=city.manager)
    refused = refusal(city.stall_code)
    assert (refused.code, refused.moved_to) == ("moved", new_place)
    assert refused.in_use == code_of(new_place)


def test_a_stall_that_moved_twice_leads_to_the_last_place(city: City) -> None:
    second, third = make_stall(city.market, "A-13"), make_stall(city.market, "A-14")
    give_up_stall(stall_id=city.stall.pk, moved_to_id=second.pk, by=city.manager)
    give_up_stall(stall_id=second.pk, moved_to_id=third.pk, by=city.manager)
    assert refusal(city.stall_code).moved_to == third
    give_up_stall(stall_id=third.pk, by=city.manager)
    assert refusal(city.stall_code).code == "closed"


def test_the_merchant_is_the_one_of_that_day(city: City) -> None:
    today = timezone.localdate()
    tenancy = Tenancy.objects.get(stall=city.stall)
    end_tenancy(tenancy_id=tenancy.pk, last_day=today, by=city.manager)
    assert merchant_of(city.stall) == city.merchant
    assert merchant_of(city.stall, on=today + dt.timedelta(days=1)) is None
    assert merchant_of(city.stall, on=dt.date(2024, 12, 31)) is None
    assert merchant_of(city.stall, on=dt.date(2025, 1, 1)) == city.merchant


def test_stalls_to_choose_from_are_those_in_use(city: City, django_assert_num_queries) -> None:
    gone = make_stall(city.market, "A-99")
    give_up_stall(stall_id=gone.pk, by=city.manager)
    with django_assert_num_queries(2):
        assert [stall.number for stall in stalls_of(city.market)] == ["A-12"]
