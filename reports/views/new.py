"""`/report/`: the form by which a report comes in. What was chosen is never lost."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from markets.errors import StallRefused
from markets.models import Stall
from markets.queries import find_stall, merchant_of
from reports import actions
from reports.actions.submit import Submitted, first_report
from reports.errors import ReportRefused
from reports.forms import KEPT, ReportForm
from reports.models import Draft, Report
from reports.queries import type_groups
from reports.uploads import MAX_PHOTOS, SLOTS, Uploads, read_photos, takes_photos
from reports.views.drafting import (
    a_uuid,
    has_photo,
    keep,
    my_draft,
    person,
    refused_before,
    slot_rows,
)
from reports.words import sentence, stall_sentence

FORM = Draft.Form.REPORT


@takes_photos
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _receive(request)
    if person(request) is None:
        return redirect_to_login(request.get_full_path())
    if "draft" in request.GET:
        return _resume(request, a_uuid(request.GET["draft"]))
    return _blank(request)


def _blank(request: HttpRequest) -> HttpResponse:
    stall, notice = None, ""
    code = request.GET.get("stall", "")
    initial: dict[str, Any] = {}
    if code:
        try:
            stall = find_stall(code).stall
        except StallRefused as refusal:
            notice = stall_sentence(refusal)
            if refusal.code == "replaced":
                stall = refusal.stall
            elif refusal.stall is not None and refusal.stall.market.is_open:
                initial["market"] = refusal.stall.market_id
    if stall:
        initial["stall"] = code
    return _page(request, ReportForm(initial=initial), key=uuid4(), stall=stall, notice=notice)


def _resume(request: HttpRequest, key: UUID | None) -> HttpResponse:
    user = person(request)
    draft = my_draft(request, key, FORM)
    if key is None or draft is None:
        sent = Report.objects.filter(key=key, reporter=user).first() if key else None
        if sent:
            return redirect("reports:report", sent.number)
        messages.warning(request, sentence(ReportRefused("draft_gone")))
        return redirect("reports:new")
    form = ReportForm(draft.fields)
    refused = refused_before(draft)
    notice = ""
    if not has_photo(draft, Uploads([], {}, False)):
        form.add_error(None, sentence(ReportRefused("photo_needed")))
    if draft.fields.get("problem"):
        form.add_error(None, sentence(ReportRefused(draft.fields["problem"])))
    if draft.fields.get("too_many"):
        form.add_error(None, sentence(ReportRefused("too_many_photos", limit=MAX_PHOTOS)))
    if form.is_valid() and not refused:
        notice = _("Everything you wrote is still here. Press Send to finish.")
    return _page(
        request, form, key=key, draft=draft, refused=refused, stall=form.found_stall, notice=notice
    )


def _receive(request: HttpRequest) -> HttpResponse:
    user = person(request)
    key = a_uuid(request.POST.get("key")) or uuid4()
    if user and (sent := _sent_before(key, user)):
        return _to(sent)
    uploads = read_photos(request)
    draft = my_draft(request, key, FORM)
    form = ReportForm(request.POST)
    dropping = a_slot(request.POST.get("drop"))
    if dropping is None and _is_complete(form, draft, uploads) and user and _vouched(request):
        try:
            submitted = _submit(form, key, user, uploads, draft)
            if submitted.first:
                messages.success(request, _("We have it. Thank you!"))
            return _to(submitted.report)
        except ReportRefused as refusal:
            form.add_error(None, sentence(refusal))
            if refusal.code == "key_taken":
                key = uuid4()
    fields = {name: request.POST.get(name, "") for name in KEPT}
    key, problem = keep(request, key, form=FORM, fields=fields, uploads=uploads)
    if dropping is not None:
        actions.drop_photo(draft_id=key, slot=dropping)
    here = f"{reverse('reports:new')}?draft={key}"
    if user is None:
        return redirect_to_login(here)
    if dropping is not None:
        return HttpResponseRedirect(here, status=303)
    if problem and problem not in form.non_field_errors():
        form.add_error(None, problem)
    if not _vouched(request):
        form.add_error(None, _("You signed in again meanwhile. Please press Send once more."))
    return _page(
        request,
        form,
        key=key,
        draft=my_draft(request, key, FORM),
        refused=uploads.refused,
        stall=form.found_stall,
        status=422,
    )


def a_slot(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 3 else None


def _vouched(request: HttpRequest) -> bool:
    return bool(request.vouched)  # type: ignore[attr-defined]


def _sent_before(key: UUID, user: User) -> Report | None:
    try:
        return first_report(key, user)
    except ReportRefused:
        return None  # another person's key: submit_report says so, and a new one is given out


def _is_complete(form: ReportForm, draft: Draft | None, uploads: Uploads) -> bool:
    """Says beside the form what is amiss with the photos."""
    if uploads.too_many:
        form.add_error(None, sentence(ReportRefused("too_many_photos", limit=MAX_PHOTOS)))
    elif not uploads.refused and not has_photo(draft, uploads):
        form.add_error(None, sentence(ReportRefused("photo_needed")))
    return form.is_valid() and not uploads.refused


def _submit(
    form: ReportForm, key: UUID, user: User, uploads: Uploads, draft: Draft | None
) -> Submitted:
    values = form.cleaned_data
    return actions.submit_report(
        key=key,
        by=user,
        category=values["category"],
        market=values["market"],
        stall=form.found_stall,
        words=values["words"],
        position=form.position,
        photos=uploads.good,
        draft_id=draft.pk if draft else None,
    )


def _to(report: Report) -> HttpResponse:
    return HttpResponseRedirect(reverse("reports:report", args=[report.number]), status=303)


def _page(
    request: HttpRequest,
    form: ReportForm,
    *,
    key: UUID,
    draft: Draft | None = None,
    refused: dict[int, str] | None = None,
    stall: Stall | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    markets: Any = form.fields["market"]
    chosen = form["category"].value()
    groups = type_groups([stall.market] if stall else markets.queryset)
    slots = slot_rows(SLOTS, draft, refused or {})
    context = {
        "form": form,
        "key": key,
        "slots": slots,
        "slot_errors": [slot for slot in slots if slot.error],
        "groups": [
            (group, any(each.code == chosen for each in group.types) or len(groups) == 1)
            for group in groups
        ],
        "chosen": chosen,
        "stall": stall,
        "merchant": merchant_of(stall) if stall else None,
        "notice": notice,
        "unhappy": form.is_bound and (bool(form.errors) or any(slot.error for slot in slots)),
    }
    return render(request, "reports/new.html", context, status=status)
