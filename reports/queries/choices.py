"""What can be chosen in the form: the types in their two levels, with what they earn."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from markets.models import Market, Stall
from points.models import Rule
from reports.models import Category


class TypeChoice(NamedTuple):
    """`points` is None where it depends on the market, 0 where the type earns nothing."""

    code: str
    name: str
    condition: str
    points: int | None
    urgent: bool
    needs_stall: bool


class TypeGroup(NamedTuple):
    name: str
    code: str
    types: list[TypeChoice]


def type_groups(markets: Iterable[Market]) -> list[TypeGroup]:
    """The types in use under their upper ones, with the points they earn in these markets.

    Two statements. `markets` is the one at hand, or all that can be chosen; they need their
    district loaded.
    """
    points = _points({market.district.programme_id for market in markets})
    groups: dict[int, TypeGroup] = {}
    children = (
        Category.objects.filter(is_active=True, parent__is_active=True)
        .select_related("parent")
        .order_by("parent__order", "parent_id", "order", "id")
    )
    for each in children:
        parent = each.parent
        assert parent is not None
        group = groups.setdefault(parent.pk, TypeGroup(parent.words, parent.code, []))
        group.types.append(
            TypeChoice(
                code=each.code,
                name=each.words,
                condition=each.condition,
                points=points.get(each.rule_code) if each.rule_code else 0,
                urgent=each.urgent,
                needs_stall=each.stall_need == Category.StallNeed.REQUIRED,
            )
        )
    return list(groups.values())


def _points(programmes: set[int]) -> dict[str, int]:
    """Rule code → points today, where all these programmes give the same."""
    today = timezone.localdate()
    rules = (
        Rule.objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=today), programme__in=programmes, starts_on__lte=today
        )
        .order_by("version")
        .values_list("programme", "code", "points")
    )
    newest = {(programme, code): points for programme, code, points in rules}
    by_code: dict[str, list[int]] = {}
    for (_programme, code), points in newest.items():
        by_code.setdefault(code, []).append(points)
    return {
        code: points[0]
        for code, points in by_code.items()
        if len(points) == len(programmes) and len(set(points)) == 1
    }


def stall_by_number(market: Market, number: str) -> Stall | None:
    """The stall of that market by the number on its sign; small letters are read as capitals."""
    return (
        Stall.objects.filter(market=market, number__iexact=number.strip())
        .select_related("market__district", "zone", "moved_to")
        .first()
    )
