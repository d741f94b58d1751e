"""Merchants, who may act for them, and their tenancies."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from accounts.scoped_admin import (
    CLERK,
    MANAGER,
    SUPERVISOR,
    HistoryAdmin,
    ReadOnlyAdmin,
    dialog_done,
)
from markets import actions
from markets.admin.dialogs import AddMemberDialog, EndTenancyDialog, RemoveMemberDialog
from markets.admin.inlines import MemberInline, StallsHeldInline
from markets.errors import MarketsRefused
from markets.models import Merchant, Stall, Tenancy
from markets.words import change_refused


class MerchantForm(forms.ModelForm):
    """A new merchant comes with its first stall: a merchant without any belongs to nobody."""

    stall = forms.ModelChoiceField(
        label=_("first stall"), queryset=Stall.objects.none(), widget=UnfoldAdminSelectWidget
    )
    first_day = forms.DateField(
        label=_("first day"),
        initial=timezone.localdate,
        widget=UnfoldAdminDateWidget(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = Merchant
        fields = ("name", "shop_name", "licence", "trade")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        stall, day = cleaned.get("stall"), cleaned.get("first_day")
        if stall and day:
            taken = stall.tenancies.filter(days__overlap=(day, None)).first()
            if taken is not None:
                refusal = MarketsRefused(
                    "overlap",
                    stall=stall,
                    merchant=taken.merchant,
                    first_day=taken.first_day,
                    last_day=taken.last_day,
                )
                self.add_error("stall", change_refused(refusal))
        return cleaned


@admin.register(Merchant)
class MerchantAdmin(HistoryAdmin):
    """Those who stand, stood or will stand in the person's markets."""

    market_path = "tenancies__stall__market"
    district_path = "tenancies__stall__market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER, SUPERVISOR})
    list_display = ("name", "shop_name", "licence", "trade", "stalls_today")
    search_fields = ("name", "shop_name", "licence")
    fields = ("name", "shop_name", "licence", "trade")
    inlines = (StallsHeldInline, MemberInline)
    actions_detail = ("add_member", "remove_member")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Merchant]":
        own = super().get_queryset(request).order_by().values("pk")
        today = Tenancy.objects.filter(days__contains=timezone.localdate())
        return (
            Merchant.objects.filter(pk__in=own)
            .order_by("id")
            .prefetch_related(
                Prefetch("tenancies", today.select_related("stall__market"), to_attr="now")
            )
        )

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, **kwargs)
        form = super().get_form(request, obj, **kwargs | {"form": MerchantForm, "fields": None})
        stalls = admin.site._registry[Stall].get_queryset(request)
        form.base_fields["stall"].queryset = (
            stalls.filter(closed_at=None).select_related("market").order_by("market_id", "number")
        )
        form.base_fields["stall"].label_from_instance = lambda each: f"{each.market} {each.number}"
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else (*self.fields, "stall", "first_day")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Merchant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        actions.add_merchant(
            merchant=obj,
            stall_id=form.cleaned_data["stall"].pk,
            first_day=form.cleaned_data["first_day"],
            by=request.user,  # type: ignore[arg-type]
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except MarketsRefused as refusal:  # somebody was quicker than the form's own check
            messages.error(request, change_refused(refusal))
            return HttpResponseRedirect(request.path)

    @display(description=_("stalls today"))
    def stalls_today(self, merchant: Merchant) -> str:
        now: list[Tenancy] = merchant.now  # type: ignore[attr-defined]
        return "、".join(f"{each.stall.market} {each.stall}" for each in now) or "–"

    def has_let_in_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever is let in may take vouchers at every stall of the merchant.

        So it needs somebody in charge of all of them: taking a merchant in from another market
        must not open that market's till.
        """
        if not self.has_change_permission(request, object_id):
            return False
        if object_id is None or request.user.is_superuser:
            return True
        stalls = admin.site._registry[Stall]._scope(request.user, self.change_roles)  # type: ignore[attr-defined]
        held = Tenancy.objects.filter(
            merchant=self.get_own(request, object_id), days__overlap=(timezone.localdate(), None)
        )
        return not held.exclude(stall__in=Stall.objects.filter(stalls)).exists()

    @action(
        description=_("Add a person"),
        url_path="add-member",
        icon="person_add",
        variant=ActionVariant.PRIMARY,
        permissions=["let_in"],
        dialog={
            "title": _("Who may act for this merchant?"),
            "form_class": AddMemberDialog,
            "form_submit_text": _("Add"),
        },
    )
    def add_member(
        self, request: HttpRequest, form: AddMemberDialog, object_id: Any
    ) -> HttpResponse:
        actions.add_member(
            merchant_id=form.row.pk,
            user=form.cleaned_data["phone"],
            role=form.cleaned_data["role"],
            by=request.user,  # type: ignore[arg-type]
        )
        messages.success(request, gettext("They may act for this merchant now."))
        return dialog_done(request, reverse("admin:markets_merchant_change", args=[form.row.pk]))

    @action(
        description=_("Remove a person"),
        url_path="remove-member",
        icon="person_remove",
        variant=ActionVariant.DANGER,
        permissions=["change"],
        dialog={
            "title": _("Who may no longer act for this merchant?"),
            "form_class": RemoveMemberDialog,
            "form_submit_text": _("Remove"),
        },
    )
    def remove_member(
        self, request: HttpRequest, form: RemoveMemberDialog, object_id: Any
    ) -> HttpResponse:
        actions.remove_member(
            merchant_id=form.row.pk,
            user=form.cleaned_data["member"].user,
            by=request.user,  # type: ignore[arg-type]
        )
        messages.success(request, gettext("Done."))
        return dialog_done(request, reverse("admin:markets_merchant_change", args=[form.row.pk]))


class RunningFilter(admin.SimpleListFilter):
    title = _("days")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("Running")), ("past", _("Ended")), ("later", _("To come"))]

    def queryset(self, request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        today = timezone.localdate()
        if self.value() == "now":
            return rows.filter(days__contains=today)
        if self.value() == "past":
            return rows.filter(days__fully_lt=(today, None))
        return rows.filter(days__startswith__gt=today) if self.value() == "later" else rows


@admin.register(Tenancy)
class TenancyAdmin(ReadOnlyAdmin):
    """Begun from the stall, ended here; never edited, so that old reports keep their merchant."""

    market_path = "stall__market"
    district_path = "stall__market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    list_display = ("stall", "market", "merchant", "first_day", "last_day")
    list_filter = (RunningFilter, "stall__market")
    list_select_related = ("stall__market", "merchant")
    search_fields = ("stall__number", "merchant__name", "merchant__shop_name", "merchant__licence")
    fields = ("stall", "market", "merchant", "first_day", "last_day")
    ordering = ("stall__market_id", "stall__number", "-days")
    actions_detail = ("end",)

    @display(description=_("market"))
    def market(self, tenancy: Tenancy) -> str:
        return str(tenancy.stall.market)

    @display(description=_("first day"), ordering="days")
    def first_day(self, tenancy: Tenancy) -> Any:
        return tenancy.first_day

    @display(description=_("last day"))
    def last_day(self, tenancy: Tenancy) -> Any:
        return tenancy.last_day or _("open end")

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_role_among(request, frozenset({MANAGER, SUPERVISOR}), object_id)

    @action(
        description=_("End the tenancy"),
        url_path="end",
        icon="event_busy",
        variant=ActionVariant.DANGER,
        permissions=["end"],
        dialog={
            "title": _("When is the last day?"),
            "form_class": EndTenancyDialog,
            "form_submit_text": _("End the tenancy"),
        },
    )
    def end(self, request: HttpRequest, form: EndTenancyDialog, object_id: Any) -> HttpResponse:
        try:
            actions.end_tenancy(
                tenancy_id=form.row.pk,
                last_day=form.cleaned_data["last_day"],
                by=request.user,  # type: ignore[arg-type]
            )
        except MarketsRefused as refusal:
            messages.error(request, change_refused(refusal))
        else:
            messages.success(request, gettext("Written down."))
        return dialog_done(request, reverse("admin:markets_tenancy_change", args=[form.row.pk]))
