"""Named people and the smallest city they can live in. Plain functions, no random factories."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from accounts.crypto import encrypt, keyed_hash
from accounts.models import StaffRole, User
from accounts.states import Role
from markets.models import (
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
from points.models import Programme, Rule
from reports.models import Category, DispatchRule

_serial = count(1)
PASSWORD = "market-desk-2026"
RULES = [
    ("report_verified", "问题属实", "Verified report", 20, "fixed"),
    ("report_food_safety", "食品安全问题属实", "Verified food-safety report", 50, "fixed"),
    ("volunteer_hour", "志愿服务", "Volunteering", 10, "hour"),
    ("bonus", "月度奖励", "Monthly bonus", 1000, "fixed"),
]


def _resident(phone: str | None = None, nickname: str = "") -> User:
    phone = phone or f"+86100{next(_serial):08d}"
    return User(
        password=make_password(None),
        phone_hash=keyed_hash(phone, purpose="phone"),
        phone_cipher=encrypt(phone),
        phone_last4=phone[-4:],
        phone_verified_at=timezone.now(),
        nickname=nickname,
    )


def make_resident(*, phone: str | None = None, nickname: str = "") -> User:
    """A resident with a verified number of a range that no carrier has given out."""
    user = _resident(phone, nickname)
    user.save()
    return user


def make_staff(username: str, role: Role, **scope: object) -> User:
    """A member of staff with PASSWORD; `scope` is market=, department= or district=."""
    user = User.objects.create_user(username, PASSWORD, is_staff=True)
    StaffRole.objects.create(user=user, role=role, **scope)
    return user


def make_programme() -> Programme:
    """Chengdu's rules, as far as tests of other rooms need them."""
    programme, _new = Programme.objects.get_or_create(
        code="chengdu",
        defaults={
            "name": "成都武侯 随手拍",
            "name_en": "Chengdu Wuhou",
            "validity_months": 12,
            "points_per_yuan": 10,
            "starts_on": dt.date(2025, 1, 1),
        },
    )
    Rule.objects.bulk_create(
        [
            Rule(
                programme=programme,
                code=code,
                name=name,
                name_en=name_en,
                points=points,
                per=per,
                starts_on=dt.date(2025, 1, 1),
            )
            for code, name, name_en, points, per in RULES
        ],
        ignore_conflicts=True,
    )
    return programme


def make_market(district: District, name: str, code: str) -> Market:
    market = Market.objects.create(
        district=district, name=name, code=code, latitude=30.6418, longitude=104.0435
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(market=market, weekday=day, opens=dt.time(6), closes=dt.time(20))
        for day in range(7)
    )
    return market


def make_stall(market: Market, number: str) -> Stall:
    zone, _new = Zone.objects.get_or_create(market=market, name="蔬菜区")
    stall = Stall.objects.create(market=market, zone=zone, number=number)
    StallCode.objects.create(stall=stall)
    return stall


def make_merchant(
    stall: Stall, name: str, *, since: dt.date = dt.date(2025, 1, 1)
) -> tuple[Merchant, User]:
    """A merchant who has the stall since that day, and the person who owns the business."""
    merchant = Merchant.objects.create(name=name, licence=f"92510107MA{next(_serial):08d}")
    Tenancy.objects.create(stall=stall, merchant=merchant, days=(since, None))
    owner = make_resident(nickname=name[:2])
    MerchantMember.objects.create(merchant=merchant, user=owner)
    return merchant, owner


@dataclass
class City:
    """Two districts, three markets, and the people that tests speak of by name."""

    programme: Programme
    district: District
    other_district: District
    market: Market
    other_market: Market
    stall: Stall
    stall_code: str
    other_stall: Stall
    merchant: Merchant
    merchant_owner: User
    other_merchant: Merchant
    other_merchant_owner: User
    department: Department
    other_department: Department
    category: Category
    food_category: Category
    rule: DispatchRule
    citizen: User
    stranger: User
    manager: User
    other_manager: User
    clerk: User
    handler: User
    second_handler: User
    other_handler: User
    supervisor: User
    other_supervisor: User
    committee: User


def make_city() -> City:
    """Insert it table by table, some twenty statements, for a thousand tests begin with it.

    Whatever happens afterwards goes through real actions.
    """
    programme = make_programme()
    district, other_district = District.objects.bulk_create(
        [
            District(name="武侯区", code="wuhou", programme=programme),
            District(name="青羊区", code="qingyang", programme=programme),
        ]
    )
    middle = {"district": district, "latitude": 30.6418, "longitude": 104.0435}
    markets = Market.objects.bulk_create(
        [
            Market(name="玉林综合市场", code="yulin", **middle),
            Market(name="红牌楼市场", code="hongpailou", **middle),
        ]
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(market=market, weekday=day, opens=dt.time(6), closes=dt.time(20))
        for market in markets
        for day in range(7)
    )
    zones = Zone.objects.bulk_create(Zone(market=market, name="蔬菜区") for market in markets)
    stalls = bulk_create_with_history(
        [
            Stall(market=zone.market, zone=zone, number=number)
            for zone, number in zip(zones, ("A-12", "B-03"), strict=True)
        ],
        Stall,
    )
    codes = StallCode.objects.bulk_create(StallCode(stall=stall) for stall in stalls)
    merchants = Merchant.objects.bulk_create(
        Merchant(name=name, licence=f"92510107MA{next(_serial):08d}")
        for name in ("老王蔬菜", "小李水产")
    )
    bulk_create_with_history(
        [
            Tenancy(stall=stall, merchant=merchant, days=(dt.date(2025, 1, 1), None))
            for stall, merchant in zip(stalls, merchants, strict=True)
        ],
        Tenancy,
    )
    departments = Department.objects.bulk_create(
        Department(district=district, name=name) for name in ("城管", "市场监管")
    )
    order, food = Category.objects.bulk_create(
        [
            Category(code="order", name="市场秩序", name_en="Order"),
            Category(code="food", name="食品安全", name_en="Food safety", order=1),
        ]
    )
    category, food_category = Category.objects.bulk_create(
        [
            Category(code="occupying", name="占道经营", name_en="Blocking the aisle", parent=order),
            Category(
                code="expired-food",
                name="过期食材",
                name_en="Expired food",
                parent=food,
                urgent=True,
                rule_code="report_food_safety",
                stall_need=Category.StallNeed.REQUIRED,
                respond_minutes=60,
                resolve_minutes=240,
            ),
        ]
    )
    (rule,) = DispatchRule.objects.bulk_create(
        [DispatchRule(district=district, category=order, department=departments[0], position=10)]
    )
    owners, citizen, stranger, staff = _people(
        merchants,
        {
            "manager": (Role.MANAGER, {"market": markets[0]}),
            "other-manager": (Role.MANAGER, {"market": markets[1]}),
            "clerk": (Role.CLERK, {"market": markets[0]}),
            "handler": (Role.HANDLER, {"department": departments[0]}),
            "handler-2": (Role.HANDLER, {"department": departments[0]}),
            "other-handler": (Role.HANDLER, {"department": departments[1]}),
            "supervisor": (Role.SUPERVISOR, {"district": district}),
            "other-supervisor": (Role.SUPERVISOR, {"district": other_district}),
            "committee": (Role.COMMITTEE, {"district": district}),
        },
    )
    return City(
        programme=programme,
        district=district,
        other_district=other_district,
        market=markets[0],
        other_market=markets[1],
        stall=stalls[0],
        stall_code=codes[0].code,
        other_stall=stalls[1],
        merchant=merchants[0],
        merchant_owner=owners[0],
        other_merchant=merchants[1],
        other_merchant_owner=owners[1],
        department=departments[0],
        other_department=departments[1],
        category=category,
        food_category=food_category,
        rule=rule,
        citizen=citizen,
        stranger=stranger,
        manager=staff["manager"],
        other_manager=staff["other-manager"],
        clerk=staff["clerk"],
        handler=staff["handler"],
        second_handler=staff["handler-2"],
        other_handler=staff["other-handler"],
        supervisor=staff["supervisor"],
        other_supervisor=staff["other-supervisor"],
        committee=staff["committee"],
    )


def _people(
    merchants: list[Merchant], roles: dict[str, tuple[Role, dict[str, Any]]]
) -> tuple[list[User], User, User, dict[str, User]]:
    """The merchants' owners, the citizen, the stranger, and the staff by user name."""
    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        [
            *(_resident(nickname=merchant.name[:2]) for merchant in merchants),
            _resident(nickname="李女士"),
            _resident(),
            *(User(username=name, password=password, is_staff=True) for name in roles),
        ]
    )
    owners, (citizen, stranger), staff = people[:2], people[2:4], people[4:]
    MerchantMember.objects.bulk_create(
        MerchantMember(merchant=merchant, user=owner)
        for merchant, owner in zip(merchants, owners, strict=True)
    )
    StaffRole.objects.bulk_create(
        StaffRole(user=user, role=role, **scope)
        for user, (role, scope) in zip(staff, roles.values(), strict=True)
    )
    return owners, citizen, stranger, dict(zip(roles, staff, strict=True))
