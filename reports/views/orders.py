"""`/orders/`: what a handler takes on, and how they say that it is fixed."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import staff_gate, staff_required
from accounts.models import User
from accounts.queries import has_role
from accounts.states import Role
from reports import actions
from reports.errors import ReportRefused
from reports.forms import FinishForm
from reports.models import Draft, Order, Photo
from reports.queries import (
    after_photos,
    cards,
    clock,
    counts,
    order_for,
    orders_of,
    pictures,
)
from reports.queries.orders import GRAB, TABS
from reports.queries.page import TONES
from reports.states import State
from reports.uploads import AFTER, Uploads, read_photos, takes_photos
from reports.views.drafting import a_uuid, keep, my_draft, person, refused_before, slot_rows
from reports.words import sentence

FORM = Draft.Form.FINISH


@never_cache
@require_safe
@staff_required(Role.HANDLER)
def orders(request: HttpRequest) -> HttpResponse:
    user = _handler(request)
    tab = request.GET.get("tab", GRAB)
    if tab not in TABS:
        tab = GRAB
    context = {"tab": tab, "counts": counts(user), "cards": cards(orders_of(user, tab))}
    return render(request, "reports/orders.html", context)


@never_cache
@require_safe
@staff_required(Role.HANDLER)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    found = _find(request, order_id)
    draft = my_draft(request, a_uuid(request.GET.get("draft")), FORM)
    form = FinishForm(initial={"words": draft.fields.get("words", "")} if draft else None)
    return _page(request, found, form, draft=draft, refused=refused_before(draft))


@require_POST
@staff_required(Role.HANDLER)
def take(request: HttpRequest, order_id: int) -> HttpResponse:
    found = _find(request, order_id)
    try:
        actions.take_order(order_id=found.pk, by=_handler(request))
    except ReportRefused as refusal:
        messages.error(request, sentence(refusal))
        return HttpResponseRedirect(reverse("reports:orders"), status=303)
    messages.success(request, _("It is yours now. Upload a photo when it is fixed."))
    return HttpResponseRedirect(reverse("reports:order", args=[found.pk]), status=303)


@takes_photos
@require_POST
def finish(request: HttpRequest, number: str) -> HttpResponse:
    """Fixed, with a photo; or another photo where the first cannot be read.

    Whoever is signed out meanwhile, or has to give the second factor again, finds words and
    photo kept behind the staff door.
    """
    order_id = _order_id(request.POST.get("order"))
    key = a_uuid(request.POST.get("key")) or uuid4()
    uploads = read_photos(request, AFTER)
    form = FinishForm(request.POST)
    fields = {"words": request.POST.get("words", "")}
    if staff_gate(request) is not None or not request.vouched:  # type: ignore[attr-defined]
        key, _problem = keep(request, key, form=FORM, fields=fields, uploads=uploads)
        here = reverse("reports:order", args=[order_id])
        return HttpResponseRedirect(f"{here}?draft={key}", status=303)
    if not has_role(_handler(request), Role.HANDLER):
        raise Http404
    found = _find(request, order_id)
    if found.report.number != number:
        raise Http404
    if form.is_valid() and not uploads.refused and not uploads.too_many:
        try:
            _finish(request, found, key, form, uploads)
            messages.success(request, _("Thank you. The market now compares before and after."))
            return HttpResponseRedirect(reverse("reports:order", args=[found.pk]), status=303)
        except ReportRefused as refusal:
            form.add_error(None, sentence(refusal))
    elif uploads.too_many:
        form.add_error(None, sentence(ReportRefused("too_many_photos", limit=1)))
    key, problem = keep(request, key, form=FORM, fields=fields, uploads=uploads)
    if problem and problem not in form.non_field_errors():
        form.add_error(None, problem)
    draft = my_draft(request, key, FORM)
    return _page(request, found, form, draft=draft, refused=uploads.refused, status=422)


def _finish(
    request: HttpRequest, found: Order, key: UUID, form: FinishForm, uploads: Uploads
) -> None:
    draft = my_draft(request, key, FORM)
    about: dict[str, Any] = {
        "key": key,
        "order_id": found.pk,
        "by": _handler(request),
        "photo": uploads.good[0] if uploads.good else None,
        "draft_id": draft.pk if draft else None,
    }
    if found.report.state == State.CHECKING:
        actions.add_after_photo(**about)
    else:
        actions.finish_order(**about, words=form.cleaned_data["words"])


def _order_id(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)


def _handler(request: HttpRequest) -> User:
    user = person(request)
    assert user is not None
    return user


def _find(request: HttpRequest, order_id: int) -> Order:
    """An order of one's department; any other is not there."""
    found = order_for(_handler(request), order_id)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    found: Order,
    form: FinishForm,
    *,
    draft: Draft | None = None,
    refused: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, report = _handler(request), found.report
    before = Photo.objects.filter(report=report).exclude(kind=Photo.Kind.AFTER).order_by("id")
    after = after_photos(report)
    mine = found.handler_id == user.pk and found.ended_at is None
    unreadable = bool(after) and all(each.unreadable for each in after)
    last = report.moves.order_by("-id").first()
    context = {
        "order": found,
        "report": report,
        "tone": TONES[State(report.state)],
        "state_words": State(report.state).label,
        "clock": clock(report),
        "before": pictures([each for each in before if not each.unreadable]),
        "after": pictures(after),
        "can_take": found.taken_at is None
        and found.ended_at is None
        and found.handler_id in (None, user.pk),
        "can_finish": mine and report.state == State.IN_PROGRESS,
        "can_replace": mine and report.state == State.CHECKING and unreadable,
        "sent_back": last.why if last and last.verb == "redo" else "",
        "form": form,
        "slots": slot_rows(AFTER, draft, refused or {}),
        "key": draft.pk if draft else uuid4(),
        "unhappy": form.is_bound,
    }
    return render(request, "reports/order.html", context, status=status)
