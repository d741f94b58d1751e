"""Tablets: made, bound by a code that is shown once, taken out of use."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.scoped_admin import MANAGER, SUPERVISOR, ScopedModelAdmin, dialog_done
from rewards import actions
from rewards.admin.dialogs import KioskDialog
from rewards.errors import RewardsRefused
from rewards.models import KioskDevice
from rewards.words import desk_sentence


@admin.register(KioskDevice)
class KioskDeviceAdmin(ScopedModelAdmin):
    market_path = "market"
    district_path = "market__district"
    view_roles = frozenset({MANAGER, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER})
    list_display = ("name", "market", "state", "bound_at", "seen_at", "issued_by")
    list_select_related = ("market", "issued_by")
    fields = ("name", "market", "issued_by", "created_at", "bound_at", "seen_at", "revoked_at")
    actions_detail = ("issue", "revoke")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "market")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields[1:] if obj else ()

    def save_model(self, request: HttpRequest, obj: KioskDevice, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name"])
            return
        made = actions.make_kiosk(market=obj.market, name=obj.name, by=request.user)  # type: ignore[arg-type]
        obj.pk = made.pk
        obj.refresh_from_db()

    @display(
        description=_("state"),
        label={"bound": "success", "waiting": "warning", "new": "info", "revoked": "danger"},
    )
    def state(self, device: KioskDevice) -> tuple[str, Any]:
        if device.revoked_at:
            return "revoked", _("Taken out of use")
        if device.token_hash:
            return "bound", _("Bound")
        if device.binding_expires_at and device.binding_expires_at > timezone.now():
            return "waiting", _("Waits for its code")
        return "new", _("Not bound yet")

    def has_handle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_role_among(request, self.change_roles, object_id)

    @action(
        description=_("Issue a binding code"),
        url_path="issue-code",
        icon="key",
        variant=ActionVariant.PRIMARY,
        permissions=["handle"],
        dialog={
            "title": _("Issue a binding code?"),
            "description": _(
                "Type it on the tablet under /kiosk/bind/ within ten minutes. A tablet that had "
                "this place before is no longer bound once the code is used."
            ),
            "form_class": KioskDialog,
            "form_submit_text": _("Show the code"),
        },
    )
    def issue(self, request: HttpRequest, form: KioskDialog, object_id: Any) -> HttpResponse:
        try:
            code = actions.issue_binding_code(device_id=form.row.pk, by=request.user)  # type: ignore[arg-type]
        except RewardsRefused as refused:
            context = {"words": desk_sentence(refused)}
        else:
            context = {"code": f"{code[:4]} {code[4:]}"}
        # In this answer only: a message would travel through a cookie.
        response = render(request, "rewards/admin_binding_code.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @action(
        description=_("Take out of use"),
        url_path="revoke",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["handle"],
        dialog={
            "title": _("Take this tablet out of use?"),
            "description": _("It stops at once, for good. To use it again, add it anew."),
            "form_class": KioskDialog,
            "form_submit_text": _("Take out of use"),
        },
    )
    def revoke(self, request: HttpRequest, form: KioskDialog, object_id: Any) -> HttpResponse:
        actions.revoke_kiosk(device_id=form.row.pk, by=request.user)  # type: ignore[arg-type]
        messages.success(request, gettext("The tablet was taken out of use."))
        return dialog_done(request, reverse("admin:rewards_kioskdevice_change", args=[form.row.pk]))
