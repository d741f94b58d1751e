"""One report at the desk: photos large, its stall's history beside it, and the few next steps."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.scoped_admin import MANAGER, SUPERVISOR, ReadOnlyAdmin, dialog_done
from reports import queries
from reports.actions import (
    ReportRefused,
    close_report,
    dispatch_by_hand,
    redo_report,
    refuse_report,
    verify_report,
)
from reports.admin.dialogs import (
    AcceptDialog,
    CloseDialog,
    DispatchDialog,
    RedoDialog,
    RefuseDialog,
    ReportDialog,
)
from reports.clock import nearly_due, overdue
from reports.models import DispatchRule, Report
from reports.sheet import desk_sheet
from reports.states import OPEN, State, Verb
from reports.words import sentence

# Which button does which step.
VERB_OF = {
    "accept": Verb.ACCEPT,
    "refuse": Verb.REFUSE,
    "send_out": Verb.DISPATCH,
    "redo": Verb.REDO,
    "close": Verb.CLOSE,
}


class StepFilter(admin.SimpleListFilter):
    """The lists of a manager's day."""

    title = _("step")
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            *State.choices,
            ("open", _("Everything open")),
            ("amber", _("Almost late")),
            ("late", _("Late")),
        ]

    def queryset(self, request: HttpRequest, rows: "QuerySet[Report]") -> "QuerySet[Report]":
        value = self.value()
        if value == "open":
            return rows.filter(state__in=OPEN)
        if value == "amber":
            return nearly_due(rows, at=timezone.now())
        if value == "late":
            return rows.filter(overdue(at=timezone.now()))
        return rows.filter(state=value) if value in State.values else rows


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Read-only rows; every change is an action behind a dialog."""

    market_path = "market"
    district_path = "market__district"
    change_form_template = "reports/admin_report.html"
    list_display = ("number", "state_tag", "category", "market", "stall", "created_at", "due")
    list_display_links = ("number",)
    list_filter = (StepFilter, "category", "market")
    list_filter_submit = False
    list_select_related = ("category", "market", "stall")
    search_fields = ("number", "words", "stall__number")
    actions_detail = ("accept", "refuse", "send_out", "close", "redo")

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Managers decide on reports; a supervisor reads along."""
        return self.has_role_among(request, frozenset({MANAGER}), object_id)

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.list_filter if self._sees_many(request) else self.list_filter[:2]

    def _sees_many(self, request: HttpRequest) -> bool:
        return request.user.is_superuser or self.has_role_among(request, frozenset({SUPERVISOR}))

    @display(
        description=_("state"),
        ordering="state",
        label={
            State.SUBMITTED.label: "info",
            State.CHECKING.label: "info",
            State.ACCEPTED.label: "warning",
            State.DISPATCHED.label: "warning",
            State.IN_PROGRESS.label: "warning",
            State.CLOSED.label: "success",
            State.REFUSED.label: "danger",
        },
    )
    def state_tag(self, report: Report) -> Any:
        return report.get_state_display()

    @display(description=_("due"), ordering="resolve_due_at")
    def due(self, report: Report) -> str:
        due = report.resolve_due_at
        if due is None or report.state not in OPEN:
            return "—"
        words = timezone.localtime(due).strftime("%m-%d %H:%M")
        if due < timezone.now():
            return gettext("%(time)s, late") % {"time": words}
        return words

    # --- the page of one report ----------------------------------------------------------------
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if object_id is not None:
            report = self.get_own(request, object_id)
            extra_context = (extra_context or {}) | {
                "title": f"{report.number} · {report.get_state_display()}",
                "sheet": desk_sheet(report),
            }
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only the steps that the report can take now, for who may take them."""
        allowed = queries.moves_allowed(
            self.get_own(request, object_id),
            by=request.user,  # type: ignore[arg-type]
        )
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if VERB_OF[button.action_name.removeprefix("reports_report_")] in allowed
        ]

    def _do(
        self, request: HttpRequest, object_id: Any, step: Callable[[], Any], done: str
    ) -> HttpResponse:
        try:
            step()
        except ReportRefused as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, done)
        return dialog_done(request, reverse("admin:reports_report_change", args=[object_id]))

    @action(
        description=_("Accept"),
        permissions=["decide"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Accept this report?"),
            "description": _("It is then dispatched by the rules, and the reporter is told."),
            "form_class": AcceptDialog,
            "form_submit_text": _("Accept"),
        },
    )
    def accept(self, request: HttpRequest, form: ReportDialog, object_id: Any) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda: verify_report(
                report_id=form.report.pk, by=request.user, why=form.cleaned_data["why"]
            ),
            gettext("Accepted. It is being dispatched."),
        )

    @action(
        description=_("Refuse"),
        permissions=["decide"],
        icon="cancel",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Refuse this report?"),
            "description": _("The reporter gets no points and reads your reason."),
            "form_class": RefuseDialog,
            "form_submit_text": _("Refuse"),
        },
    )
    def refuse(self, request: HttpRequest, form: ReportDialog, object_id: Any) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda: refuse_report(
                report_id=form.report.pk, by=request.user, why=form.cleaned_data["why"]
            ),
            gettext("Refused, with your reason."),
        )

    @action(
        description=_("Dispatch by hand"),
        permissions=["decide"],
        icon="alt_route",
        dialog={
            "title": _("Dispatch to a department"),
            "form_class": DispatchDialog,
            "form_submit_text": _("Dispatch"),
        },
    )
    def send_out(self, request: HttpRequest, form: ReportDialog, object_id: Any) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda: dispatch_by_hand(
                report_id=form.report.pk,
                department=form.cleaned_data["department"],
                by=request.user,
                mode=DispatchRule.Mode.GRAB,
            ),
            gettext("Dispatched."),
        )

    @action(
        description=_("Fixed: close"),
        permissions=["decide"],
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Is it fixed?"),
            "description": _(
                "Compare the photos before and after. Closing thanks the reporter with points."
            ),
            "form_class": CloseDialog,
            "form_submit_text": _("Close the case"),
        },
    )
    def close(self, request: HttpRequest, form: ReportDialog, object_id: Any) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda: close_report(
                report_id=form.report.pk, by=request.user, why=form.cleaned_data["why"]
            ),
            gettext("Closed. The reporter has the points."),
        )

    @action(
        description=_("Not fixed yet"),
        permissions=["decide"],
        icon="undo",
        dialog={
            "title": _("Send it back to be fixed"),
            "form_class": RedoDialog,
            "form_submit_text": _("Send back"),
        },
    )
    def redo(self, request: HttpRequest, form: ReportDialog, object_id: Any) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda: redo_report(
                report_id=form.report.pk, by=request.user, why=form.cleaned_data["why"]
            ),
            gettext("Sent back to the handler."),
        )
