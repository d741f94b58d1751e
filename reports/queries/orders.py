"""What a handler has to do: what is up for grabs, what is theirs, what is due today."""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.queries import departments_of
from reports.models import Order, Report
from reports.queries.lists import ready_photos
from reports.queries.page import Clock, Picture, clock, picture

GRAB, MINE, TODAY = "grab", "mine", "today"
TABS = (GRAB, MINE, TODAY)
PAGE = 30


class OrderCard(NamedTuple):
    """One order ready for its card."""

    order: Order
    report: Report
    picture: Picture | None
    clock: Clock | None


def orders_of(user: User, tab: str) -> "QuerySet[Order]":
    """The open orders of that tab, soonest due first; only of the person's departments."""
    mine = Order.objects.filter(ended_at=None, department__in=departments_of(user))
    to_do = Q(handler=user, finished_at=None)
    if tab == GRAB:
        # What was assigned to one waits there too, until it is accepted.
        chosen = mine.filter(Q(handler=None) | Q(handler=user), taken_at=None)
        return chosen.order_by("report__respond_due_at", "id")
    if tab == TODAY:
        midnight = datetime.combine(
            timezone.localdate() + timedelta(days=1), time.min, timezone.get_current_timezone()
        )
        chosen = mine.filter(to_do, report__resolve_due_at__lt=midnight)
        return chosen.order_by("report__resolve_due_at", "id")
    return mine.filter(handler=user, taken_at__isnull=False).order_by(
        "finished_at", "report__resolve_due_at", "id"
    )


def counts(user: User) -> dict[str, int]:
    """How many wait under each tab. Three statements; none is counted past 99."""
    return {tab: orders_of(user, tab)[:100].count() for tab in TABS}


def cards(orders: "QuerySet[Order]") -> list[OrderCard]:
    """The first cards of a tab. Two statements."""
    rows = orders.select_related(
        "department",
        "handler",
        "report__market",
        "report__stall__zone",
        "report__category__parent",
    ).prefetch_related(_photos())[:PAGE]
    return [_card(order) for order in rows]


def _photos() -> Any:
    prefetch = ready_photos()
    prefetch.add_prefix("report")
    return prefetch


def _card(order: Order) -> OrderCard:
    report = order.report
    shown = report.shown  # type: ignore[attr-defined]
    return OrderCard(
        order=order,
        report=report,
        picture=picture(shown[0]) if shown else None,
        clock=clock(report),
    )


def order_for(user: User, order_id: int) -> Order | None:
    """The order, if it is one of the person's departments. For the page of a handler."""
    return (
        Order.objects.filter(pk=order_id, department__in=departments_of(user))
        .select_related(
            "department",
            "handler",
            "report__market__district",
            "report__stall__zone",
            "report__category__parent",
            "report__department",
        )
        .first()
    )
