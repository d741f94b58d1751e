"""`/report/<number>/`: what happened to a report, and what happens next."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from reports import actions
from reports.actions.photos import MAX_PHOTOS
from reports.errors import ReportRefused
from reports.models import Draft, Order, Photo, Report
from reports.queries import clock, pictures, report_for, timeline
from reports.queries.page import TONES
from reports.states import MOVES, State, Verb
from reports.uploads import ONE_MORE, Uploads, read_photos, takes_photos
from reports.views.drafting import (
    a_uuid,
    has_photo,
    keep,
    my_draft,
    person,
    refused_before,
    slot_rows,
)
from reports.words import sentence

FORM = Draft.Form.PHOTO


@never_cache
@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    found, own = _find(request, number)
    draft = my_draft(request, a_uuid(request.GET.get("draft")), FORM) if own else None
    return _page(request, found, own, draft=draft, refused=refused_before(draft))


@never_cache
@require_safe
def photos(request: HttpRequest, number: str) -> HttpResponse:
    """The pictures alone, for a page that waits for them."""
    found, own = _find(request, number)
    return render(request, "reports/_photos.html", _photos(found, own))


@takes_photos
@require_POST
def add_photo(request: HttpRequest, number: str) -> HttpResponse:
    """One more photo from the reporter; signed out meanwhile, it is kept and shown again."""
    user = person(request)
    key = a_uuid(request.POST.get("key")) or uuid4()
    uploads = read_photos(request, ONE_MORE)
    if user is None or not request.vouched:  # type: ignore[attr-defined]
        key, _problem = keep(request, key, form=FORM, fields={}, uploads=uploads)
        here = f"{reverse('reports:report', args=[number])}?draft={key}"
        return redirect_to_login(here) if user is None else HttpResponseRedirect(here, status=303)
    found, own = _find(request, number)
    if not own:
        raise Http404
    draft = my_draft(request, key, FORM)
    words = ""
    if not uploads.refused:
        try:
            actions.add_photo(
                key=key,
                report_id=found.pk,
                by=user,
                photo=uploads.good[0] if uploads.good else None,
                draft_id=draft.pk if draft else None,
            )
            return HttpResponseRedirect(reverse("reports:report", args=[found.number]), status=303)
        except ReportRefused as refusal:
            words = sentence(refusal)
    return _page(
        request, found, own, draft=draft, refused=uploads.refused, problem=words, status=422
    )


def _find(request: HttpRequest, number: str) -> tuple[Report, bool]:
    """One's own, or a published one; anything else is not there, for whoever asks."""
    found = report_for(person(request), number)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    found: Report,
    own: bool,
    *,
    draft: Draft | None = None,
    refused: dict[int, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    order = None
    if found.department_id:
        order = Order.objects.filter(report=found).order_by("-id").first()
    shown = _photos(found, own)
    can_add = own and shown["good"] < MAX_PHOTOS and _may_add(found)
    context = shown | {
        "report": found,
        "own": own,
        "tone": TONES[State(found.state)],
        "state_words": State(found.state).label,
        "steps": timeline(found, order, own=own),
        "clock": clock(found) if own else None,
        "can_add": can_add,
        "slots": slot_rows(ONE_MORE, draft, refused or {}) if can_add else [],
        "add_open": bool(problem or draft or refused or shown["failed"]),
        "key": draft.pk if draft else uuid4(),
        "problem": problem,
        "taken_back": has_photo(draft, Uploads([], {}, False)),
    }
    return render(request, "reports/report.html", context, status=status)


def _may_add(found: Report) -> bool:
    return found.department_id is None and (Verb.ADD_PHOTO, found.state) in MOVES


def _photos(found: Report, own: bool) -> dict[str, Any]:
    """Before and after, for the page and for its fragment. One statement."""
    rows = list(Photo.objects.filter(report=found).order_by("id"))
    before = [photo for photo in rows if photo.kind != Photo.Kind.AFTER]
    after = [photo for photo in rows if photo.kind == Photo.Kind.AFTER]
    failed = [photo for photo in before if photo.unreadable]
    if not own:  # the public sees the pair, not every try
        before = [photo for photo in before if photo.status == Photo.Status.READY]
        after = [photo for photo in after if photo.status == Photo.Status.READY]
    return {
        "report": found,
        "own": own,
        "before": pictures(before),
        "after": pictures(after[-1:]),
        "failed": len(failed),
        "good": len([photo for photo in before if not photo.unreadable]),
        "pending": any(photo.awaited for photo in [*before, *after]),
    }
