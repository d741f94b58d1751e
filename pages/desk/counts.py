"""What waits for a member of staff today, each with the address of its list."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Sms, User
from accounts.queries import has_role
from accounts.scoped_admin import scope_of
from accounts.states import Role
from reports.clock import nearly_due, overdue
from reports.models import FollowUp, Photo, Report
from reports.states import OPEN, State
from rewards.models import Stock


@dataclass(frozen=True)
class Waiting:
    """One tile: how many, what they are called, how pressing, and where the list is."""

    count: int
    label: str
    tone: str  # calm, amber or red; always said in words too
    url: str


def _reports(user: User) -> Q:
    if user.is_superuser:
        return Q()
    return scope_of(
        user, market="market", district="market__district", among={Role.MANAGER, Role.SUPERVISOR}
    )


def waiting_for(user: User) -> list[Waiting]:
    """The tiles of the first page, each a list that the person may open."""
    tiles: list[Waiting] = []
    if any(has_role(user, role) for role in (Role.MANAGER, Role.SUPERVISOR)):
        tiles += _report_tiles(user)
    if has_role(user, Role.MANAGER) or has_role(user, Role.CLERK):
        stocks = Stock.objects.filter(
            Q() if user.is_superuser else scope_of(user, market="market", district=None)
        )
        low = (
            stocks.alias(left=Sum("parts__units", default=0)).filter(left__lte=F("low_at")).count()
        )
        tiles.append(
            Waiting(low, _("Stock is low"), "amber", reverse("admin:rewards_stock_changelist"))
        )
    if user.is_superuser:
        tiles.append(
            Waiting(
                Sms.objects.filter(stuck_at__isnull=False).count(),
                _("Text messages not sent"),
                "red",
                reverse("admin:accounts_sms_changelist"),
            )
        )
    return tiles


def _report_tiles(user: User) -> list[Waiting]:
    """At most four queries, each on an index of open rows."""
    now = timezone.now()
    reports = Report.objects.filter(_reports(user), state__in=OPEN)
    by_state = reports.aggregate(
        submitted=Count("pk", filter=Q(state=State.SUBMITTED)),
        undispatched=Count("pk", filter=Q(state=State.ACCEPTED)),
        checking=Count("pk", filter=Q(state=State.CHECKING)),
        late=Count("pk", filter=overdue(at=now)),
    )
    amber = nearly_due(reports, at=now).count()
    stuck = (
        FollowUp.objects.filter(stuck_at__isnull=False, move__report__in=reports).count()
        + Photo.objects.filter(stuck_at__isnull=False, report__in=reports).count()
    )
    listing = reverse("admin:reports_report_changelist")
    return [
        Waiting(
            by_state["submitted"], str(State.SUBMITTED.label), "calm", f"{listing}?step=submitted"
        ),
        Waiting(amber, _("Almost late"), "amber", f"{listing}?step=amber"),
        Waiting(by_state["late"], _("Late"), "red", f"{listing}?step=late"),
        Waiting(
            by_state["checking"], str(State.CHECKING.label), "calm", f"{listing}?step=checking"
        ),
        Waiting(
            by_state["undispatched"],
            _("Accepted, not dispatched"),
            "amber",
            f"{listing}?step=accepted",
        ),
        Waiting(
            stuck,
            _("Stuck"),
            "red",
            reverse("admin:reports_followup_changelist"),
        ),
    ]
