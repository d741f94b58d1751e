"""What the tests of the ledger say often."""

import datetime as dt
from itertools import count
from zoneinfo import ZoneInfo

from points import queries
from points.actions import Award, award, spend
from points.holders import Holder
from points.models import Programme, Rule, Transfer
from points.states import Per

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = dt.date(2020, 1, 1)
_serial = count(1)


def when(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def make_ledger(*, validity_months: int | None = 12, cap: int | None = None) -> Programme:
    """A programme with a rule of one point per item, so that a test can give any number."""
    programme = Programme.objects.create(
        code=f"test-{next(_serial)}",
        name="试点",
        name_en="Pilot",
        validity_months=validity_months,
        monthly_cap_per_person=cap,
        starts_on=START,
    )
    make_rule(programme, "each", 1, per=Per.ITEM)
    return programme


def make_rule(programme: Programme, code: str, points: int, **more: object) -> Rule:
    return Rule.objects.create(
        programme=programme,
        code=code,
        points=points,
        name=str(more.pop("name", "上报属实")),
        name_en=str(more.pop("name_en", "Report verified")),
        starts_on=more.pop("starts_on", START),
        **more,
    )


def give(
    to: Holder, programme: Programme, points: int, at: dt.datetime | None = None, **more: object
) -> Award:
    """Award that many points for a source of its own."""
    return award(
        to=to,
        programme=programme,
        rule_code=str(more.pop("rule_code", "each")),
        source=str(more.pop("source", f"report:{next(_serial)}")),
        reason=str(more.pop("reason", "reporter")),
        quantity=points,
        by=None,
        at=at,
        **more,  # type: ignore[arg-type]
    )


def use(
    holder: Holder, programme: Programme, points: int, at: dt.datetime | None = None, **more: object
) -> Transfer:
    """Spend that many points with a key of its own."""
    serial = next(_serial)
    return spend(
        holder=holder,
        programme=programme,
        points=points,
        source=str(more.pop("source", f"redemption:{serial}")),
        reason="voucher",
        by=None,
        key=str(more.pop("key", f"spend-{serial}")),
        at=at,
        **more,  # type: ignore[arg-type]
    )


def assert_whole() -> None:
    """Balances = buckets = sums, total zero, none negative, months and uses right."""
    assert queries.audit().wrong == []
