"""Text messages that are on their way or stuck. Their words are not shown."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts import actions
from accounts.admin.columns import column
from accounts.crypto import decrypt
from accounts.models import Sms
from accounts.scoped_admin import ReadOnlyAdmin, ScopedModelAdmin, dialog_done


class StateFilter(admin.SimpleListFilter):
    """Stuck ones unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting to be sent")), ("sent", _("sent")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first = True
        for choice in super().choices(changelist):
            yield choice | ({"display": _("stuck")} if first else {})
            first = False

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Sms]") -> "QuerySet[Sms]":
        match self.value():
            case "waiting":
                return queryset.filter(due_at__isnull=False)
            case "sent":
                return queryset.filter(sent_at__isnull=False)
            case "all":
                return queryset
        return queryset.filter(stuck_at__isnull=False)


@admin.register(Sms)
class SmsAdmin(ReadOnlyAdmin):
    """For superusers: messages belong to no district."""

    view_roles = frozenset()
    list_display = (
        "shown_kind",
        "shown_to",
        "shown_created",
        "attempts",
        "stuck_at",
        "last_error",
    )
    list_filter = (StateFilter,)
    ordering = ("-pk",)
    fields = (
        "shown_kind",
        "shown_to",
        "shown_created",
        "due_at",
        "attempts",
        "shown_sent",
        "shown_reference",
        "stuck_at",
        "last_error",
    )
    readonly_fields = (
        "shown_kind",
        "shown_to",
        "shown_created",
        "shown_sent",
        "shown_reference",
    )
    shown_kind = column("kind", _("kind"))
    shown_created = column("created_at", _("written at"))
    shown_sent = column("sent_at", _("sent at"))
    shown_reference = column("provider_id", _("provider's reference"))
    actions_row = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Sms]":
        return super(ScopedModelAdmin, self).get_queryset(request)

    @display(description=_("sent to"))
    def shown_to(self, sms: Sms) -> str:
        return f"***{decrypt(sms.to_cipher)[-4:]}"

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @action(
        description=_("Try sending again"),
        url_path="try-again",
        icon="refresh",
        permissions=["retry"],
        dialog={
            "title": _("Try to send it again?"),
            "description": _("A sign-in code that has ended is not sent any more."),
            "form_class": None,
            "form_submit_text": _("Try sending again"),
        },
    )
    def try_again(self, request: HttpRequest, form: Any, object_id: Any) -> HttpResponse:
        sms = self.get_own(request, object_id)
        if actions.retry_sms(sms_id=sms.pk):
            messages.success(request, _("It will be sent within a minute."))
        else:
            messages.warning(request, _("There is nothing to send any more."))
        return dialog_done(request, reverse("admin:accounts_sms_changelist"))
