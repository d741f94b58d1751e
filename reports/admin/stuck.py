"""What the system gave up on: seen, read, and tried again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.scoped_admin import MANAGER, ReadOnlyAdmin, dialog_done
from config.due import retry
from config.wake import wake
from reports.models import FollowUp, Photo


class StuckAdmin(ReadOnlyAdmin):
    """Only stuck rows are listed; 再试 makes one due again."""

    task: str
    actions_row = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).filter(stuck_at__isnull=False)

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_role_among(request, frozenset({MANAGER}), object_id)

    @action(
        description=_("Try again"),
        permissions=["retry"],
        url_path="try-again",
        dialog={"title": _("Try again now?"), "form_submit_text": _("Try again")},
    )
    def try_again(self, request: HttpRequest, form: Any, object_id: Any) -> HttpResponse:
        row = self.get_own(request, object_id)
        retry(row)
        wake(self.task)
        messages.success(request, gettext("It is tried again now."))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return dialog_done(request, reverse(name))


@admin.register(FollowUp)
class FollowUpAdmin(StuckAdmin):
    task = "reports.do_due_follow_ups"
    market_path = "move__report__market"
    district_path = "move__report__market__district"
    list_display = ("report", "task", "last_error", "attempts", "stuck_at")
    list_select_related = ("move__report",)

    @display(description=_("report"))
    def report(self, row: FollowUp) -> str:
        return row.move.report.number


@admin.register(Photo)
class PhotoAdmin(StuckAdmin):
    task = "reports.process_due_photos"
    market_path = "report__market"
    district_path = "report__market__district"
    list_display = ("report", "kind", "last_error", "attempts", "stuck_at")
    list_select_related = ("report",)
