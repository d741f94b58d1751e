"""Rows that belong to a row: whoever may change the one may change the other."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from markets.models import (
    ClosedDay,
    Market,
    MerchantMember,
    OpeningHours,
    Stall,
    StallCode,
    Tenancy,
    Zone,
)
from markets.queries import public_address


class OwnedInline(TabularInline):
    """Follows the right to change the parent instead of the model's own permissions."""

    hide_title = True
    parent: type[Any]
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # with its parent

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.site._registry[self.parent].has_change_permission(request, obj)

    has_add_permission = has_delete_permission = has_change_permission


class RecordInline(TabularInline):
    """Written by actions only; shown as a record."""

    extra = max_num = 0
    can_delete = False
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # with its parent

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OpeningHoursInline(OwnedInline):
    model = OpeningHours
    parent = Market
    fields = ("weekday", "opens", "closes")
    tab = True


class ClosedDayInline(OwnedInline):
    model = ClosedDay
    parent = Market
    fields = ("day", "why")
    ordering = ("-day",)
    tab = True


class ZoneInline(OwnedInline):
    model = Zone
    parent = Market
    fields = ("name", "order")
    tab = True


class CodeInline(RecordInline):
    model = StallCode
    fields = readonly_fields = ("code", "picture", "address", "issued_at", "replaced_at")
    ordering = ("-issued_at",)

    def picture(self, code: StallCode) -> "SafeString | str":
        if code.replaced_at is not None:
            return "–"
        return format_html(
            '<a href="{}" target="_blank"><img src="{}" width="120" height="120" alt="{}"></a>',
            reverse("markets:qr", args=[code.code]),
            reverse("markets:qr", args=[code.code]),
            _("QR code"),
        )

    picture.short_description = _("QR code")  # type: ignore[attr-defined]

    def address(self, code: StallCode) -> str:
        return public_address(code.code)

    address.short_description = _("leads to")  # type: ignore[attr-defined]


class TenancyInline(RecordInline):
    model = Tenancy
    fields = readonly_fields = ("merchant", "first_day", "last_day")
    ordering = ("-days",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Tenancy]":
        return super().get_queryset(request).select_related("merchant")

    def first_day(self, tenancy: Tenancy) -> Any:
        return tenancy.first_day

    first_day.short_description = _("first day")  # type: ignore[attr-defined]

    def last_day(self, tenancy: Tenancy) -> Any:
        return tenancy.last_day or _("open end")

    last_day.short_description = _("last day")  # type: ignore[attr-defined]


class StallsHeldInline(TenancyInline):
    """From the merchant's side, only the stalls that the reader is in charge of."""

    fields = readonly_fields = ("stall_words", "first_day", "last_day")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Tenancy]":
        own = admin.site._registry[Stall].get_queryset(request)
        rows = super().get_queryset(request).filter(stall__in=own.values("pk"))
        return rows.select_related("stall__market")

    def stall_words(self, tenancy: Tenancy) -> str:
        return f"{tenancy.stall.market} {tenancy.stall}"

    stall_words.short_description = _("stall")  # type: ignore[attr-defined]


class MemberInline(RecordInline):
    model = MerchantMember
    fields = readonly_fields = ("user", "role")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[MerchantMember]":
        return super().get_queryset(request).select_related("user")
