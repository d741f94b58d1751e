"""Named people and the smallest city they can live in. Plain functions, no random factories."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count

from django.utils import timezone

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


def make_resident(*, phone: str | None = None, nickname: str = "") -> User:
    """A resident with a verified number of a range that no carrier has given out."""
    phone = phone or f"+86100{next(_serial):08d}"
    return User.objects.create_user(
        None,
        phone_hash=keyed_hash(phone, purpose="phone"),
        phone_cipher=encrypt(phone),
        phone_last4=phone[-4:],
        phone_verified_at=timezone.now(),
        nickname=nickname,
    )


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
    for code, name, name_en, points, per in [
        ("report_verified", "问题属实", "Verified report", 20, "fixed"),
        ("report_food_safety", "食品安全问题属实", "Verified food-safety report", 50, "fixed"),
        ("volunteer_hour", "志愿服务", "Volunteering", 10, "hour"),
        ("bonus", "月度奖励", "Monthly bonus", 1000, "fixed"),
    ]:
        Rule.objects.get_or_create(
            programme=programme,
            code=code,
            version=1,
            defaults={
                "name": name,
                "name_en": name_en,
                "points": points,
                "per": per,
                "starts_on": dt.date(2025, 1, 1),
            },
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
    """Build it through the models; whatever happens afterwards goes through real actions."""
    programme = make_programme()
    district = District.objects.create(name="武侯区", code="wuhou", programme=programme)
    other_district = District.objects.create(name="青羊区", code="qingyang", programme=programme)
    market = make_market(district, "玉林综合市场", "yulin")
    other_market = make_market(district, "红牌楼市场", "hongpailou")
    stall = make_stall(market, "A-12")
    other_stall = make_stall(other_market, "B-03")
    merchant, merchant_owner = make_merchant(stall, "老王蔬菜")
    other_merchant, other_merchant_owner = make_merchant(other_stall, "小李水产")
    department = Department.objects.create(district=district, name="城管")
    other_department = Department.objects.create(district=district, name="市场监管")
    order = Category.objects.create(code="order", name="市场秩序", name_en="Order")
    food = Category.objects.create(code="food", name="食品安全", name_en="Food safety", order=1)
    category = Category.objects.create(
        code="occupying", name="占道经营", name_en="Blocking the aisle", parent=order
    )
    food_category = Category.objects.create(
        code="expired-food",
        name="过期食材",
        name_en="Expired food",
        parent=food,
        urgent=True,
        rule_code="report_food_safety",
        stall_need=Category.StallNeed.REQUIRED,
        respond_minutes=60,
        resolve_minutes=240,
    )
    rule = DispatchRule.objects.create(
        district=district, category=order, department=department, position=10
    )
    return City(
        programme=programme,
        district=district,
        other_district=other_district,
        market=market,
        other_market=other_market,
        stall=stall,
        stall_code=stall.codes.get().code,
        other_stall=other_stall,
        merchant=merchant,
        merchant_owner=merchant_owner,
        other_merchant=other_merchant,
        other_merchant_owner=other_merchant_owner,
        department=department,
        other_department=other_department,
        category=category,
        food_category=food_category,
        rule=rule,
        citizen=make_resident(nickname="李女士"),
        stranger=make_resident(),
        manager=make_staff("manager", Role.MANAGER, market=market),
        other_manager=make_staff("other-manager", Role.MANAGER, market=other_market),
        clerk=make_staff("clerk", Role.CLERK, market=market),
        handler=make_staff("handler", Role.HANDLER, department=department),
        second_handler=make_staff("handler-2", Role.HANDLER, department=department),
        other_handler=make_staff("other-handler", Role.HANDLER, department=other_department),
        supervisor=make_staff("supervisor", Role.SUPERVISOR, district=district),
        other_supervisor=make_staff("other-supervisor", Role.SUPERVISOR, district=other_district),
        committee=make_staff("committee", Role.COMMITTEE, district=district),
    )
