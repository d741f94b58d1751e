"""Districts, markets, stalls and who stands there; types of report and dispatch rules."""

import datetime as dt
import random
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import User
from accounts.states import Role
from markets.models import (
    ALPHABET,
    Department,
    District,
    Market,
    Merchant,
    MerchantMember,
    OpeningHours,
    Stall,
    StallCode,
    Tenancy,
    Zone,
)
from pages.demo import data
from pages.demo.people import People
from points.models import Programme
from reports.models import Category, DispatchRule


@dataclass
class Places:
    """What the later parts of the demo build on."""

    programme: Programme
    districts: list[District] = field(default_factory=list)
    markets: list[Market] = field(default_factory=list)
    stalls: dict[int, list[Stall]] = field(default_factory=dict)  # by market
    merchant_of: dict[int, Merchant] = field(default_factory=dict)  # by stall
    owner_of: dict[int, User] = field(default_factory=dict)  # by merchant
    departments: dict[tuple[int, str], Department] = field(default_factory=dict)
    managers: dict[int, User] = field(default_factory=dict)  # by market
    clerks: dict[int, User] = field(default_factory=dict)
    handlers: dict[int, list[User]] = field(default_factory=dict)  # by department
    rules: dict[tuple[int, str], DispatchRule] = field(default_factory=dict)
    categories: list[tuple[Category, data.CategoryData]] = field(default_factory=list)
    first_day: dt.date = dt.date.min


def build_places(rng: random.Random, people: People, *, programme: Programme) -> Places:
    """Insert it table by table; about a second."""
    places = Places(programme=programme)
    places.first_day = timezone.localdate() - dt.timedelta(days=400)
    _categories(places)
    for code, (name, markets) in data.DISTRICTS.items():
        district = District.objects.create(code=code, name=name, programme=programme)
        places.districts.append(district)
        _departments(places, people, district)
        people.staff(f"supervisor-{code}", Role.SUPERVISOR, district=district)
        for number in range(1, 4):
            people.staff(f"committee-{code}-{number}", Role.COMMITTEE, district=district)
        for each in markets:
            _market(places, people, rng, district, each)
    return places


def _categories(places: Places) -> None:
    order = 0
    for (code, name, name_en), children in data.CATEGORIES.items():
        order += 10
        parent = Category.objects.create(code=code, name=name, name_en=name_en, order=order)
        for each in children:
            order += 1
            category = Category.objects.create(
                code=each.code,
                name=each.name,
                name_en=each.name_en,
                parent=parent,
                condition=each.condition,
                urgent=each.urgent,
                stall_need=each.stall,
                rule_code=each.rule,
                respond_minutes=each.respond,
                resolve_minutes=each.resolve,
                order=order,
            )
            places.categories.append((category, each))


def _departments(places: Places, people: People, district: District) -> None:
    for name, upper_types in data.DEPARTMENTS.items():
        department = Department.objects.create(district=district, name=name)
        places.departments[district.pk, name] = department
        places.handlers[department.pk] = [
            people.staff(
                f"handler-{district.code}-{department.pk}-{each}",
                Role.HANDLER,
                called=f"{data.SURNAMES[2 * department.pk + each]}师傅",
                department=department,
            )
            for each in (1, 2)
        ]
        for code in upper_types:
            places.rules[district.pk, code] = DispatchRule.objects.create(
                district=district,
                category=Category.objects.get(code=code),
                department=department,
                position=100,
            )


def _market(
    places: Places, people: People, rng: random.Random, district: District, each: data.MarketData
) -> None:
    market = Market.objects.create(
        district=district,
        code=each.code,
        name=each.name,
        address=each.address,
        phone=f"028-0000{rng.randrange(10_000):04d}",
        latitude=each.latitude,
        longitude=each.longitude,
    )
    places.markets.append(market)
    OpeningHours.objects.bulk_create(
        OpeningHours(
            market=market, weekday=day, opens=dt.time(each.opens), closes=dt.time(each.closes)
        )
        for day in range(7)
    )
    places.managers[market.pk] = people.staff(
        f"manager-{each.code}",
        Role.MANAGER,
        called=f"{data.SURNAMES[market.pk]}经理",
        market=market,
    )
    places.clerks[market.pk] = people.staff(f"clerk-{each.code}", Role.CLERK, market=market)
    own = Department.objects.create(district=district, market=market, name=data.OWN_DEPARTMENT)
    places.departments[market.pk, data.OWN_DEPARTMENT] = own
    places.handlers[own.pk] = [people.staff(f"property-{each.code}", Role.HANDLER, department=own)]
    zones = Zone.objects.bulk_create(
        Zone(market=market, name=f"{letter} 区 · {name}", order=number)
        for number, (letter, name) in enumerate(data.ZONES)
    )
    stalls = Stall.objects.bulk_create(
        Stall(
            market=market,
            zone=zones[number % 5],
            number=f"{data.ZONES[number % 5][0]}-{number // 5 + 1:02d}",
        )
        for number in range(each.stalls)
    )
    StallCode.objects.bulk_create(
        StallCode(stall=stall, code="".join(rng.choice(ALPHABET) for _letter in range(10)))
        for stall in stalls
    )
    places.stalls[market.pk] = stalls
    # One stall in twelve is vacant, as in life.
    taken = [stall for number, stall in enumerate(stalls) if number % 12 != 11]
    owners = people.merchants(len(taken))
    merchants = Merchant.objects.bulk_create(
        Merchant(
            name=f"{each.name[:2]}{owner.nickname[0]}记{data.TRADES[stall.number[0]]}店",
            shop_name=f"{owner.nickname[0]}{rng.choice(data.GIVEN)}{data.TRADES[stall.number[0]]}",
            licence=f"92510100MA{stall.pk:08d}",
            trade=data.TRADES[stall.number[0]],
        )
        for stall, owner in zip(taken, owners, strict=True)
    )
    MerchantMember.objects.bulk_create(
        MerchantMember(merchant=merchant, user=owner)
        for merchant, owner in zip(merchants, owners, strict=True)
    )
    Tenancy.objects.bulk_create(
        Tenancy(stall=stall, merchant=merchant, days=(places.first_day, None))
        for stall, merchant in zip(taken, merchants, strict=True)
    )
    for stall, merchant, owner in zip(taken, merchants, owners, strict=True):
        places.merchant_of[stall.pk] = merchant
        places.owner_of[merchant.pk] = owner
