"""Who is in charge of what. The doors ask first; the actions ask again under the lock."""

from accounts.models import StaffRole, User
from accounts.states import Role
from reports.models import Report
from reports.states import MOVES, Verb

# Read anew each time: what a request remembers of its person's roles is older than the lock.


def is_manager(user: User, market_id: int) -> bool:
    """Whether the person manages this market."""
    return user.is_active and (
        user.is_superuser
        or StaffRole.objects.filter(user=user, role=Role.MANAGER, market=market_id).exists()
    )


def is_handler(user: User, department_id: int) -> bool:
    """Whether the person puts things right for this department."""
    return (
        user.is_active
        and StaffRole.objects.filter(
            user=user, role=Role.HANDLER, department=department_id
        ).exists()
    )


# The steps of a market's manager, in the order in which their buttons stand.
MANAGERS_VERBS = (Verb.ACCEPT, Verb.REFUSE, Verb.DISPATCH, Verb.CLOSE, Verb.REDO)


def moves_allowed(report: Report, by: User) -> list[str]:
    """The verbs this person may do as a manager now; for showing buttons, not for judging."""
    if report.reporter_id == by.pk or not is_manager(by, report.market_id):
        return []
    return [verb for verb in MANAGERS_VERBS if (verb, report.state) in MOVES]
