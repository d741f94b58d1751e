"""One report as its reporter and the public see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from reports.clock import AMBER
from reports.models import Order, Photo, Report, ReportMove
from reports.states import State, Verb
from reports.words import moment

PATH = (
    State.SUBMITTED,
    State.ACCEPTED,
    State.DISPATCHED,
    State.IN_PROGRESS,
    State.CHECKING,
    State.CLOSED,
)
TONES = {
    State.SUBMITTED: "wait",
    State.ACCEPTED: "work",
    State.REFUSED: "no",
    State.DISPATCHED: "work",
    State.IN_PROGRESS: "work",
    State.CHECKING: "work",
    State.CLOSED: "done",
}


class Step(NamedTuple):
    """One line of the timeline; `state` is done, current, next or stop."""

    words: str
    state: str
    at: datetime | None = None
    who: str = ""
    note: str = ""
    why: str = ""


class Picture(NamedTuple):
    """A photo ready for templates/partials/photo.html; `state` is ready, pending or failed."""

    id: int
    url: str
    large: str
    alt: str
    label: str
    state: str
    width: int | None
    height: int | None


class Clock(NamedTuple):
    """`state` is ok, amber or late; `words` is what the page says without a script."""

    due: datetime
    since: datetime
    state: str
    words: str


def report_for(user: User | None, number: str) -> tuple[Report, bool] | None:
    """The report and whether it is one's own; None for a stranger while it is not published.

    One statement.
    """
    report = (
        Report.objects.filter(number=number)
        .select_related(
            "market__district", "stall__zone", "merchant", "category__parent", "department"
        )
        .first()
    )
    if report is None:
        return None
    own = user is not None and report.reporter_id == user.pk
    return (report, own) if own or report.is_public else None


def timeline(report: Report, order: Order | None, *, own: bool) -> list[Step]:
    """What happened, who does what next and by when, and what comes after. One statement."""
    moves = list(ReportMove.objects.filter(report=report).order_by("id"))
    last = next((move for move in reversed(moves) if move.from_state != move.to_state), moves[0])
    steps = []
    for move in moves:
        if move.from_state == move.to_state:
            if own and move.verb == Verb.ADD_PHOTO and move.to_state != State.CHECKING:
                steps.append(Step(_("Photo added"), "done", move.at))
            continue
        current = move is last
        steps.append(
            Step(
                words=_("Sent back to be fixed again")
                if move.verb == Verb.REDO
                else str(State(move.to_state).label),
                state=_tone(move.to_state, current),
                at=move.at,
                who=_who(move, report) if own else "",
                note=_next(report, order) if current and own else "",
                why=move.why if own else "",
            )
        )
    if report.state in PATH:
        later = PATH[PATH.index(State(report.state)) + 1 :]
        steps += [Step(str(state.label), "next") for state in later]
    return steps


def _tone(state: str, current: bool) -> str:
    if state == State.REFUSED:
        return "stop"
    return "current" if current and state != State.CLOSED else "done"


def _who(move: ReportMove, report: Report) -> str:
    """The office, never the person."""
    if move.verb in (Verb.ACCEPT, Verb.REFUSE, Verb.REDO, Verb.CLOSE):
        return report.market.name
    if move.verb in (Verb.DISPATCH, Verb.TAKE, Verb.FINISH) and report.department:
        return report.department.name
    return ""


def _next(report: Report, order: Order | None) -> str:
    """Who does what now, and by when."""
    about = {
        "market": report.market.name,
        "department": report.department.name if report.department else "",
        "by": moment(report.respond_due_at),
        "until": moment(report.resolve_due_at),
    }
    match report.state:
        case State.SUBMITTED:
            if report.respond_due_at:
                return _("Next: %(market)s looks at it, by %(by)s.") % about
            return _("Next: %(market)s looks at it.") % about
        case State.ACCEPTED:
            return _("Next: it is given to the department in charge.")
        case State.DISPATCHED if order and order.handler_id:
            return _("Next: %(department)s sets out, by %(by)s.") % about
        case State.DISPATCHED:
            return _("Open to %(department)s: somebody takes it on by %(by)s.") % about
        case State.IN_PROGRESS:
            return _("Next: %(department)s puts it right, by %(until)s.") % about
        case State.CHECKING:
            return _("Next: %(market)s compares before and after.") % about
        case State.CLOSED if report.points:
            return _("You were given %(points)s points.") % {"points": report.points}
    return ""


def clock(report: Report, *, at: datetime | None = None) -> Clock | None:
    """What is due now: an answer until somebody takes it on, then the fix. None when over."""
    now = at or timezone.now()
    if report.state in (State.SUBMITTED, State.ACCEPTED, State.DISPATCHED):
        due = report.respond_due_at
    elif report.state == State.IN_PROGRESS:
        due = report.resolve_due_at
    else:
        return None
    if due is None:
        return None
    since = report.created_at
    amber_at = since + (due - since) * AMBER
    state = "late" if now > due else "amber" if now >= amber_at else "ok"
    words = _("was due %(when)s") if state == "late" else _("due %(when)s")
    return Clock(due, since, state, words % {"when": moment(due)})


def pictures(photos: Sequence[Photo]) -> list[Picture]:
    """Rows for the photo partial."""
    return [picture(photo) for photo in photos]


def picture(photo: Photo) -> Picture:
    """One photo by its small picture, leading to the large one."""
    ready = photo.status == Photo.Status.READY
    label = str(photo.get_kind_display())
    return Picture(
        id=photo.pk,
        url=address(photo.small.name) if ready else "",
        large=address(photo.large.name) if ready else "",
        alt=label,
        label=label,
        state=Photo.Status.FAILED if photo.unreadable else photo.status,
        width=None,
        height=None,
    )


def address(name: str | None) -> str:
    """The public path of a processed picture."""
    return f"/photos/{name.rsplit('/', 1)[-1]}" if name else ""
