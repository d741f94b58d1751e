"""Reads that join several rooms: rows ready for the home page and for /me/."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.queries import roles_of
from accounts.states import Role
from markets.models import Market, MerchantMember
from markets.queries import markets_open
from points.holders import person
from points.models import Programme, Rule
from points.queries import available, expiring_next, programmes_for
from points.states import Per
from reports.models import Report
from reports.queries import Figures, Fixed, figures, lately_fixed, mine
from reports.queries.page import TONES
from reports.states import State
from rewards.queries import Offer, shelf
from volunteers.models import Activity
from volunteers.queries import next_ones

SOON = timedelta(days=45)  # points that die within it are worth a warning


class Balance(NamedTuple):
    """Points of one programme, and those that die next."""

    programme: Programme
    points: int
    expiring: int
    expires_on: date | None
    soon: bool


class Earning(NamedTuple):
    """What the market's programme gives, as numbers for three sentences; None: not given."""

    report: int | None
    food_safety: int | None
    hour: int | None
    months: int | None


class Latest(NamedTuple):
    """The person's latest report in one line."""

    number: str
    category: str
    place: str
    state: str
    tone: str


class Home(NamedTuple):
    market: Market | None
    markets: list[Market]
    fixed: list[Fixed]
    fixed_elsewhere: bool
    figures: Figures | None
    earning: Earning | None
    offers: list[Offer]
    activities: list[Activity]


def choose_market(code: str) -> tuple[Market | None, list[Market]]:
    """The market in use of that code, else the first; and all to choose from. One statement."""
    markets = list(markets_open().select_related("district__programme").order_by("district", "id"))
    chosen = next((market for market in markets if market.code == code), None)
    return chosen or next(iter(markets), None), markets


def home(code: str) -> Home:
    """All that the home page shows to anybody. At most 10 statements, however big the city."""
    market, markets = choose_market(code)
    if market is None:
        return Home(None, [], [], False, None, None, [], [])
    fixed = lately_fixed(market, limit=6)
    elsewhere = not fixed
    if elsewhere:
        fixed = lately_fixed(limit=6)
    return Home(
        market=market,
        markets=markets,
        fixed=fixed,
        fixed_elsewhere=elsewhere and bool(fixed),
        figures=figures(market),
        earning=earning(market.district.programme),
        offers=_samples(market),
        activities=next_ones(market),
    )


def earning(programme: Programme) -> Earning:
    """The programme's numbers as of today. One statement."""
    today = timezone.localdate()
    rules = Rule.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), programme=programme, starts_on__lte=today
    ).order_by("version")
    newest = {rule.code: rule for rule in rules}

    def points(code: str, per: str = Per.FIXED) -> int | None:
        rule = newest.get(code)
        return rule.points if rule and rule.per == per and rule.points > 0 else None

    return Earning(
        report=points("report_verified"),
        food_safety=points("report_food_safety"),
        hour=points("volunteer_hour", Per.HOUR),
        months=programme.validity_months,
    )


def _samples(market: Market) -> list[Offer]:
    """The cheapest and the dearest reward in stock, to give the points a worth."""
    offers = sorted(
        (offer for offer in shelf(market) if not offer.sold_out),
        key=lambda offer: offer.reward.points,
    )
    return [offers[0], offers[-1]] if len(offers) > 1 else offers


def balances(user: User, *, otherwise: Programme | None = None) -> list[Balance]:
    """The person's points by programme; a nought in `otherwise` for who has none yet."""
    holder = person(user.pk)
    found = programmes_for(holder)
    if not found and otherwise is not None:
        return [Balance(otherwise, 0, 0, None, False)]
    rows = []
    for programme in found:
        points = available(holder, programme)
        next_ = expiring_next(holder, programme) if points else None
        rows.append(
            Balance(
                programme,
                points,
                next_.points if next_ else 0,
                next_.date if next_ else None,
                next_ is not None and next_.date <= timezone.localdate() + SOON,
            )
        )
    return rows


def latest_report(user: User) -> Latest | None:
    """The report that the person sent last. One statement."""
    report: Report | None = mine(user).prefetch_related(None).first()
    if report is None:
        return None
    return Latest(
        number=report.number,
        category=report.category.words,
        place=f"{report.market.name} {report.stall.number if report.stall else ''}".strip(),
        state=report.get_state_display(),
        tone=TONES[State(report.state)],
    )


class Doors(NamedTuple):
    """Which working doors concern the person."""

    orders: bool
    desk: bool
    merchant: bool


def doors(user: User) -> Doors:
    """Two statements."""
    held = {role.role for role in roles_of(user)}
    return Doors(
        orders=Role.HANDLER in held,
        desk=user.is_staff and (user.is_superuser or bool(held - {Role.HANDLER})),
        merchant=MerchantMember.objects.filter(user=user).exists(),
    )
