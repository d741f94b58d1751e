"""Stalls: the code that is glued to them, and who stands there."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.queries import markets_of
from accounts.scoped_admin import CLERK, MANAGER, SUPERVISOR, HistoryAdmin, dialog_done
from markets import actions
from markets.admin.dialogs import (
    GiveUpDialog,
    MoveMerchantDialog,
    ReplaceCodeDialog,
    StartTenancyDialog,
)
from markets.admin.inlines import CodeInline, TenancyInline
from markets.errors import MarketsRefused
from markets.models import Stall, StallCode, Tenancy, Zone
from markets.words import change_refused


class StallForm(forms.ModelForm):
    """A zone must be one of the stall's own market."""

    class Meta:
        model = Stall
        fields = ("market", "zone", "number", "kind")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = cleaned.get("market")
        market_id = chosen.pk if chosen else self.instance.market_id
        zone = cleaned.get("zone")
        if zone is not None and market_id is not None and zone.market_id != market_id:
            self.add_error("zone", _("This zone is in another market. Choose one of this market."))
        return cleaned


class InUseFilter(admin.SimpleListFilter):
    title = _("in use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("In use")), ("no", _("Given up"))]

    def queryset(self, request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() in ("yes", "no"):
            return rows.filter(closed_at__isnull=self.value() == "yes")
        return rows


@admin.register(Stall)
class StallAdmin(HistoryAdmin):
    market_path = "market"
    district_path = "market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER, SUPERVISOR})
    form = StallForm
    list_display = ("number", "market", "zone", "kind", "today", "code", "state")
    list_filter = (InUseFilter, "kind", "market", "zone")
    list_select_related = ("market", "zone")
    search_fields = (
        "number",
        "codes__code",
        "tenancies__merchant__name",
        "tenancies__merchant__shop_name",
    )
    search_help_text = _("Stall number, code or merchant")
    fields = ("market", "zone", "number", "kind", "closed_at", "moved_to")
    inlines = (CodeInline, TenancyInline)
    actions_detail = ("start_tenancy", "move_merchant", "replace_code", "give_up")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Stall]":
        today = Tenancy.objects.filter(days__contains=timezone.localdate())
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("codes", StallCode.objects.filter(replaced_at=None), to_attr="in_use"),
                Prefetch("tenancies", today.select_related("merchant"), to_attr="now"),
            )
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else self.fields[:4]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("market", "closed_at", "moved_to") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        own = markets_of(request.user)  # type: ignore[arg-type]
        return {"market": next(iter(own))} if len(own) == 1 else {}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "zone":
            own = admin.site._registry[Stall.market.field.related_model].get_queryset(request)
            kwargs["queryset"] = Zone.objects.filter(market__in=own.values("pk"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Stall, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:  # within the same transaction: no stall is without a code
            actions.replace_code(stall_id=obj.pk, by=request.user)  # type: ignore[arg-type]

    @display(description=_("merchant today"))
    def today(self, stall: Stall) -> str:
        now: list[Tenancy] = stall.now  # type: ignore[attr-defined]
        return str(now[0].merchant) if now else "–"

    @display(description=_("code"))
    def code(self, stall: Stall) -> str:
        in_use: list[StallCode] = stall.in_use  # type: ignore[attr-defined]
        if not in_use:
            return "–"
        return format_html(
            '<a href="{}" target="_blank">{}</a>',
            reverse("markets:qr", args=[in_use[0].code]),
            in_use[0].code,
        )

    @display(description=_("state"), label={"yes": "success", "moved": "warning", "no": "danger"})
    def state(self, stall: Stall) -> tuple[str, Any]:
        if stall.moved_to_id:
            return "moved", _("Moved")
        return ("yes", _("In use")) if stall.closed_at is None else ("no", _("Given up"))

    def has_move_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request, object_id)

    @action(
        description=_("Start a tenancy"),
        url_path="start-tenancy",
        icon="person_add",
        variant=ActionVariant.PRIMARY,
        permissions=["move"],
        dialog={
            "title": _("Who stands here, from when?"),
            "form_class": StartTenancyDialog,
            "form_submit_text": _("Write it down"),
        },
    )
    def start_tenancy(
        self, request: HttpRequest, form: StartTenancyDialog, object_id: Any
    ) -> HttpResponse:
        data = form.cleaned_data
        return self._done(
            request,
            form.row,
            lambda: actions.start_tenancy(
                stall_id=form.row.pk,
                merchant_id=data["licence"].pk,
                first_day=data["first_day"],
                last_day=data["last_day"],
                by=request.user,  # type: ignore[arg-type]
            ),
            gettext("Written down."),
        )

    @action(
        description=_("Move the merchant"),
        url_path="move-merchant",
        icon="move_up",
        permissions=["move"],
        dialog={
            "title": _("Move the merchant to another stall"),
            "description": _("The stall stays in use, empty."),
            "form_class": MoveMerchantDialog,
            "form_submit_text": _("Move"),
        },
    )
    def move_merchant(
        self, request: HttpRequest, form: MoveMerchantDialog, object_id: Any
    ) -> HttpResponse:
        data = form.cleaned_data
        return self._done(
            request,
            form.row,
            lambda: actions.move_merchant(
                stall_id=form.row.pk,
                to_stall_id=data["to"].pk,
                on=data["on"],
                by=request.user,  # type: ignore[arg-type]
            ),
            gettext("The merchant stands at stall %(to)s from that day on.") % {"to": data["to"]},
        )

    @action(
        description=_("Replace the code"),
        url_path="replace-code",
        icon="qr_code_2",
        permissions=["move"],
        dialog={
            "title": _("Replace the code of this stall"),
            "description": _(
                "For a sticker that is torn, or copied by somebody. The old one goes on leading "
                "here and says that it was replaced. Print the new one afterwards."
            ),
            "form_class": ReplaceCodeDialog,
            "form_submit_text": _("Replace"),
        },
    )
    def replace_code(
        self, request: HttpRequest, form: ReplaceCodeDialog, object_id: Any
    ) -> HttpResponse:
        return self._done(
            request,
            form.row,
            lambda: actions.replace_code(
                stall_id=form.row.pk,
                by=request.user,  # type: ignore[arg-type]
                seen=form.cleaned_data["seen"],
            ),
            gettext("The stall has a new code. Print it and put it up."),
        )

    @action(
        description=_("Give up or move the stall"),
        url_path="give-up",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["move"],
        dialog={
            "title": _("Give the stall up, or say where it stands now"),
            "description": _("Whoever scans its sticker is told so. This cannot be taken back."),
            "form_class": GiveUpDialog,
            "form_submit_text": _("Give up or move"),
        },
    )
    def give_up(self, request: HttpRequest, form: GiveUpDialog, object_id: Any) -> HttpResponse:
        to = form.cleaned_data["to"]
        return self._done(
            request,
            form.row,
            lambda: actions.give_up_stall(
                stall_id=form.row.pk,
                moved_to_id=to.pk if to else None,
                by=request.user,  # type: ignore[arg-type]
            ),
            gettext("Done. Its sticker says so from now on."),
        )

    def _done(
        self, request: HttpRequest, stall: Stall, change: Callable[[], Any], said: str
    ) -> HttpResponse:
        try:
            change()
        except MarketsRefused as refusal:
            messages.error(request, change_refused(refusal))
        else:
            messages.success(request, said)
        return dialog_done(request, reverse("admin:markets_stall_change", args=[stall.pk]))
