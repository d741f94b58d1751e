"""Places in the admin: each member of staff within their scope, every change through an action."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from markets.models import Department, Merchant, MerchantMember, OpeningHours, Stall, Zone
from markets.queries import code_of, merchant_of
from tests.makers import City, make_city, make_market, make_merchant, make_resident, make_stall
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = dt.timedelta(days=1)


@pytest.fixture
def city() -> City:
    return make_city()


def change(row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


def dialog(name: str, row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[row.pk])  # type: ignore[attr-defined]


# --- who sees what -------------------------------------------------------------------------------
def test_a_manager_sees_only_their_market(city: City) -> None:
    manager = signed_in(city.manager)
    text = manager.get("/admin/markets/stall/").content.decode()
    assert "A-12" in text
    assert "B-03" not in text
    for own, other in [
        (city.market, city.other_market),
        (city.stall, city.other_stall),
        (city.merchant, city.other_merchant),
        (city.stall.tenancies.get(), city.other_stall.tenancies.get()),
        (city.district, city.other_district),
    ]:
        assert manager.get(change(own)).status_code == 200
        assert manager.get(change(other)).status_code == 404
        # Records that nobody edits refuse the POST before they look for the row.
        assert manager.post(change(other), {}).status_code in (403, 404)


@pytest.mark.parametrize("who", ["citizen", "handler", "committee", "merchant_owner"])
def test_who_has_no_business_here(city: City, who: str) -> None:
    client = signed_in(getattr(city, who))
    for name in ("district", "market", "department", "stall", "merchant", "tenancy"):
        assert client.get(f"/admin/markets/{name}/").status_code in (302, 403)


def test_a_clerk_looks_but_does_not_touch(city: City) -> None:
    clerk = signed_in(city.clerk)
    assert clerk.get(change(city.stall)).status_code == 200
    assert clerk.post(change(city.stall), {"number": "Z-1"}).status_code == 403
    assert clerk.get(dialog("replace_code", city.stall)).status_code == 403
    assert clerk.get("/admin/markets/stall/add/").status_code == 403


def test_a_supervisor_sees_their_district(city: City) -> None:
    far = make_market(city.other_district, "金沙市场", "jinsha")
    supervisor = signed_in(city.supervisor)
    assert supervisor.get(change(city.market)).status_code == 200
    assert supervisor.get(change(city.other_market)).status_code == 200
    assert supervisor.get(change(far)).status_code == 404


@pytest.mark.parametrize("part", ["history/", "history/{version}/"])
def test_the_history_of_another_market_is_not_there(city: City, part: str) -> None:
    city.other_stall.zone = None
    city.other_stall.save(update_fields=["zone"])
    version = city.other_stall.history.first().pk
    address = change(city.other_stall).replace("change/", part.format(version=version))
    assert signed_in(city.other_manager).get(address).status_code == 200
    assert signed_in(city.manager).get(address).status_code == 404
    assert signed_in(city.manager).post(address, {"number": "X"}).status_code == 404


def test_nothing_is_set_back_from_the_history(city: City) -> None:
    version = city.stall.history.first().pk
    address = change(city.stall).replace("change/", f"history/{version}/")
    for who in (city.clerk, city.manager):
        answer = signed_in(who).post(address, {"number": "X", "kind": "fixed"})
        assert answer.status_code == 403
    assert Stall.objects.get(pk=city.stall.pk).number == "A-12"


@pytest.mark.parametrize("name", ["replace_code", "start_tenancy", "move_merchant", "give_up"])
def test_dialogs_of_another_market_are_not_there(city: City, name: str) -> None:
    manager = signed_in(city.manager)
    assert manager.get(dialog(name, city.stall)).status_code == 200
    assert manager.get(dialog(name, city.other_stall)).status_code == 404
    assert manager.post(dialog(name, city.other_stall), {}).status_code == 404


# --- stalls --------------------------------------------------------------------------------------
def test_a_new_stall_has_a_code_at_once(city: City) -> None:
    manager = signed_in(city.manager)
    zone = Zone.objects.get(market=city.market)
    data = {"market": city.market.pk, "zone": zone.pk, "number": "A-13", "kind": "fixed"}
    assert manager.post("/admin/markets/stall/add/", data).status_code == 302
    stall = Stall.objects.get(number="A-13")
    assert len(code_of(stall)) == 10
    assert stall.history.get().history_user == city.manager


def test_no_stall_in_anothers_market_or_zone(city: City) -> None:
    manager = signed_in(city.manager)
    theirs = Zone.objects.get(market=city.other_market)
    for data in (
        {"market": city.other_market.pk, "number": "A-13", "kind": "fixed"},
        {"market": city.market.pk, "zone": theirs.pk, "number": "A-13", "kind": "fixed"},
    ):
        assert manager.post("/admin/markets/stall/add/", data).status_code == 200
    data = {"market": city.market.pk, "zone": theirs.pk, "number": "A-13", "kind": "fixed"}
    answer = signed_in(city.supervisor).post("/admin/markets/stall/add/", data)
    assert "这个分区在另一个市场" in answer.content.decode()
    assert not Stall.objects.filter(number="A-13").exists()


def test_the_list_costs_the_same_for_many_stalls(city: City, django_assert_max_num_queries) -> None:
    for number in range(20):
        make_merchant(make_stall(city.market, f"C-{number:02}"), f"商户{number}")
    manager = signed_in(city.manager)
    with django_assert_max_num_queries(24):
        assert manager.get("/admin/markets/stall/").status_code == 200


def test_replacing_the_code(city: City) -> None:
    manager = signed_in(city.manager)
    address = dialog("replace_code", city.stall)
    assert city.stall_code in manager.get(address).content.decode()
    assert code_of(city.stall) == city.stall_code  # to look at the dialog changes nothing
    for _tap in range(2):
        manager.post(address, {"_form_submitted": "on", "seen": city.stall_code})
    assert city.stall.codes.count() == 2
    assert code_of(city.stall) != city.stall_code


def test_starting_a_tenancy_by_licence(city: City) -> None:
    stall = make_stall(city.market, "A-13")
    manager = signed_in(city.manager)
    data = {
        "_form_submitted": "on",
        "licence": city.other_merchant.licence.lower(),
        "first_day": "2026-01-01",
    }
    answer = manager.post(dialog("start_tenancy", stall), data)
    assert answer.status_code == 302
    assert merchant_of(stall, on=dt.date(2026, 1, 1)) == city.other_merchant
    wrong = manager.post(dialog("start_tenancy", stall), data | {"licence": "nobody"})
    assert "没有执照号为 nobody 的商户" in wrong.content.decode()


def test_a_refusal_is_a_sentence(city: City) -> None:
    data = {
        "_form_submitted": "on",
        "licence": city.other_merchant.licence,
        "first_day": "2026-01-01",
    }
    answer = signed_in(city.manager).post(dialog("start_tenancy", city.stall), data, follow=True)
    assert "A-12 号摊位从 2025-01-01 起归老王蔬菜使用" in answer.content.decode()


def test_moving_the_merchant_and_giving_the_stall_up(city: City) -> None:
    place = make_stall(city.market, "A-13")
    manager = signed_in(city.manager)
    today = timezone.localdate()
    data = {"_form_submitted": "on", "to": "a-13", "on": today.isoformat()}
    manager.post(dialog("move_merchant", city.stall), data)
    assert merchant_of(place) == city.merchant
    manager.post(dialog("give_up", city.stall), {"_form_submitted": "on", "to": "A-13"})
    assert Stall.objects.get(pk=city.stall.pk).moved_to == place
    other = manager.post(dialog("give_up", place), {"_form_submitted": "on", "to": "B-03"})
    assert "没有 B-03 号摊位" in other.content.decode()  # another market's number is unknown here


# --- merchants, tenancies ------------------------------------------------------------------------
def merchant_form(**more: object) -> dict[str, object]:
    return {"name": "新来的豆腐", "shop_name": "", "licence": "X-1", "trade": "豆制品", **more}


def test_a_new_merchant_with_its_first_stall(city: City) -> None:
    stall = make_stall(city.market, "A-13")
    manager = signed_in(city.manager)
    assert "A-13" in manager.get("/admin/markets/merchant/add/").content.decode()
    answer = manager.post(
        "/admin/markets/merchant/add/", merchant_form(stall=stall.pk, first_day="2026-01-01")
    )
    assert answer.status_code == 302
    assert merchant_of(stall, on=dt.date(2026, 1, 1)) == Merchant.objects.get(licence="X-1")


def test_a_new_merchant_where_somebody_stands(city: City) -> None:
    manager = signed_in(city.manager)
    for stall in (city.stall, city.other_stall):
        answer = manager.post(
            "/admin/markets/merchant/add/", merchant_form(stall=stall.pk, first_day="2026-01-01")
        )
        assert answer.status_code == 200
    assert not Merchant.objects.filter(licence="X-1").exists()


def test_a_merchants_name_is_changed_with_history(city: City) -> None:
    data = {"name": "老王蔬菜店", "shop_name": "", "licence": city.merchant.licence, "trade": ""}
    for prefix in ("tenancies", "members"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert signed_in(city.manager).post(change(city.merchant), data).status_code == 302
    city.merchant.refresh_from_db()
    assert city.merchant.name == "老王蔬菜店"
    assert city.merchant.history.first().history_user == city.manager


def test_who_may_act_for_a_merchant(city: City) -> None:
    someone = make_resident(phone="+8613900001234")
    manager = signed_in(city.manager)
    address = dialog("add_member", city.merchant)
    role = MerchantMember.Role.STAFF
    manager.post(address, {"_form_submitted": "on", "phone": "139 0000 1234", "role": role})
    member = city.merchant.members.get(user=someone)
    for phone, said in [("12", "这不是手机号"), ("13900009999", "还没有登录过")]:
        answer = manager.post(address, {"_form_submitted": "on", "phone": phone, "role": role})
        assert said in answer.content.decode()
    page = manager.get(change(city.merchant)).content.decode()
    assert "***1234" in page
    assert "13900001234" not in page
    manager.post(
        dialog("remove_member", city.merchant), {"_form_submitted": "on", "member": member.pk}
    )
    assert not city.merchant.members.filter(user=someone).exists()


def test_taking_a_merchant_in_does_not_open_their_till_elsewhere(city: City) -> None:
    """Whoever acts for a merchant takes vouchers at all stalls: one market alone lets nobody in."""
    free = make_stall(city.market, "A-90")
    manager = signed_in(city.manager)
    first_day = timezone.localdate().isoformat()
    form = {"_form_submitted": "on", "licence": city.other_merchant.licence, "first_day": first_day}
    assert manager.post(dialog("start_tenancy", free), form).status_code == 302
    assert merchant_of(free) == city.other_merchant
    address = dialog("add_member", city.other_merchant)
    form = {"_form_submitted": "on", "phone": city.citizen.phone, "role": "owner"}
    assert manager.post(address, form).status_code == 403
    assert not city.other_merchant.members.filter(user=city.citizen).exists()
    assert signed_in(city.supervisor).post(address, form).status_code == 302
    assert city.other_merchant.members.filter(user=city.citizen).exists()


def test_ending_a_tenancy(city: City) -> None:
    tenancy = city.stall.tenancies.get()
    today = timezone.localdate()
    address = dialog("end", tenancy)
    data = {"_form_submitted": "on", "last_day": today.isoformat()}
    assert signed_in(city.other_manager).post(address, data).status_code == 404
    assert signed_in(city.clerk).post(address, data).status_code == 403
    assert signed_in(city.manager).post(address, data).status_code == 302
    tenancy.refresh_from_db()
    assert tenancy.last_day == today
    text = signed_in(city.manager).get("/admin/markets/tenancy/?when=now").content.decode()
    assert "老王蔬菜" in text


# --- markets, departments ------------------------------------------------------------------------
def market_form(city: City, **more: object) -> dict[str, object]:
    forms: dict[str, object] = {"address": "玉林路 1 号", "phone": "", "radius": 150}
    for prefix in ("hours", "closed_days", "zones"):
        forms |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return forms | more


def test_a_manager_keeps_hours_and_address_but_not_the_name(city: City) -> None:
    manager = signed_in(city.manager)
    data = market_form(
        city,
        name="别的名字",
        **{
            "closed_days-TOTAL_FORMS": 1,
            "closed_days-0-market": city.market.pk,
            "closed_days-0-day": "2027-02-06",
            "closed_days-0-why": "春节",
        },
    )
    assert manager.post(change(city.market), data).status_code == 302
    city.market.refresh_from_db()
    assert (city.market.name, city.market.address) == ("玉林综合市场", "玉林路 1 号")
    assert city.market.closed_days.get().why == "春节"


def test_hours_must_open_before_they_close(city: City) -> None:
    OpeningHours.objects.filter(market=city.market).delete()
    data = market_form(
        city,
        **{
            "hours-TOTAL_FORMS": 1,
            "hours-0-market": city.market.pk,
            "hours-0-weekday": 0,
            "hours-0-opens": "20:00",
            "hours-0-closes": "06:00",
        },
    )
    answer = signed_in(city.manager).post(change(city.market), data)
    assert answer.status_code == 200
    assert not city.market.hours.exists()


def test_departments(city: City) -> None:
    own = Department.objects.create(district=city.district, market=city.market, name="物业")
    theirs = Department.objects.create(
        district=city.district, market=city.other_market, name="物业"
    )
    manager = signed_in(city.manager)
    assert manager.get(change(city.department)).status_code == 200  # may be sent here
    assert manager.post(change(city.department), {"name": "x"}).status_code == 403
    assert manager.post(change(own), {"name": "物业公司", "phone": ""}).status_code == 302
    assert manager.get(change(theirs)).status_code == 404
    new = {"name": "保洁", "district": city.district.pk, "market": "", "phone": ""}
    assert manager.post("/admin/markets/department/add/", new).status_code == 200
    new["market"] = str(city.market.pk)
    assert manager.post("/admin/markets/department/add/", new).status_code == 302
    own.refresh_from_db()
    assert own.name == "物业公司"
