"""Which rule says who gets a report."""

from django.db.models import Q

from markets.models import Department
from reports.models import DispatchRule, Report
from reports.queries.rights import is_handler


def rule_for(report: Report) -> DispatchRule | None:
    """The first rule in use that fits, by position and id; an empty field fits everything.

    A rule for an upper type fits the types under it.
    """
    category = report.category
    return (
        DispatchRule.objects.filter(
            Q(market=None) | Q(market=report.market_id),
            Q(category=None) | Q(category=category) | Q(category=category.parent_id),
            district=report.market.district_id,
            is_active=True,
        )
        .select_related("department", "handler", "category", "market", "district")
        .order_by("position", "id")
        .first()
    )


def serves(department: Department, report: Report) -> bool:
    """Whether the department works in the report's market."""
    return department.district_id == report.market.district_id and department.market_id in (
        None,
        report.market_id,
    )


def broken_part(rule: DispatchRule, report: Report) -> str:
    """What is wrong with the rule for this report: "department", "handler", or nothing."""
    if not serves(rule.department, report):
        return "department"
    if rule.mode == DispatchRule.Mode.ASSIGN and not (
        rule.handler and is_handler(rule.handler, rule.department_id)
    ):
        return "handler"
    return ""
