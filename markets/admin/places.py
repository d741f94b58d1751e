"""Districts, markets and departments."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.queries import districts_of, markets_of
from accounts.scoped_admin import CLERK, MANAGER, SUPERVISOR, HistoryAdmin
from markets.admin.inlines import ClosedDayInline, OpeningHoursInline, ZoneInline
from markets.models import Department, District, Market


@admin.register(District)
class DistrictAdmin(HistoryAdmin):
    """What a district is called and which programme it runs is set when the city is set up."""

    market_path = "markets"
    district_path = "pk"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    list_display = ("name", "code", "programme", "market_count")
    list_select_related = ("programme",)
    search_fields = ("name", "code")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[District]":
        # A district with several of the person's markets still comes once.
        own = super().get_queryset(request).order_by().values("pk")
        return (
            District.objects.filter(pk__in=own)
            .annotate(market_count=Count("markets"))
            .order_by("id")
        )

    @display(description=_("markets"), ordering="market_count")
    def market_count(self, district: District) -> int:
        return district.market_count  # type: ignore[attr-defined, no-any-return]


@admin.register(Market)
class MarketAdmin(HistoryAdmin):
    """A manager keeps hours, days off, zones and how to reach it; the rest is the district's."""

    market_path = "pk"
    district_path = "district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = frozenset({SUPERVISOR})
    change_roles = frozenset({MANAGER, SUPERVISOR})
    list_display = ("name", "district", "address", "phone", "is_open", "stalls_in_use")
    list_filter = ("district", "is_open")
    list_select_related = ("district",)
    search_fields = ("name", "code", "address")
    fieldsets = (
        (None, {"fields": ("name", "code", "district", "is_open")}),
        (_("How to find it"), {"fields": ("address", "phone")}),
        (_("Position"), {"fields": ("latitude", "longitude", "radius")}),
    )
    inlines = (OpeningHoursInline, ClosedDayInline, ZoneInline)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Market]":
        in_use = Count("stalls", filter=Q(stalls__closed_at=None))
        return super().get_queryset(request).annotate(stalls_in_use=in_use)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if self.has_role_among(request, frozenset({SUPERVISOR}), obj):
            # Printed addresses and exports name it by its code.
            return ("code",) if obj else ()
        return ("name", "code", "district", "is_open")

    @display(description=_("stalls in use"), ordering="stalls_in_use")
    def stalls_in_use(self, market: Market) -> int:
        return market.stalls_in_use  # type: ignore[attr-defined, no-any-return]


@admin.register(Department)
class DepartmentAdmin(HistoryAdmin):
    """A manager sees whoever may be sent to the market, and keeps the market's own."""

    district_path = "district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER, SUPERVISOR})
    list_display = ("name", "district", "market", "phone")
    list_filter = ("district",)
    list_select_related = ("district", "market")
    search_fields = ("name",)
    fields = ("name", "district", "market", "phone")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Department]":
        user = request.user
        rows = Department.objects.order_by("district_id", "market_id", "id")
        if user.is_superuser:
            return rows
        markets = markets_of(user)  # type: ignore[arg-type]
        of_their_district = Department.objects.filter(
            district__markets__in=markets, market=None
        ).values("pk")
        return rows.filter(
            Q(district__in=districts_of(user))  # type: ignore[arg-type]
            | Q(market__in=markets)
            | Q(pk__in=of_their_district)
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not self.has_role_among(request, self.change_roles):
            return False
        user = request.user
        return (
            not isinstance(obj, Department)
            or user.is_superuser
            or obj.district_id in districts_of(user)  # type: ignore[arg-type]
            or obj.market_id in markets_of(user, among={MANAGER})  # type: ignore[arg-type]
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("district", "market") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        user = request.user
        if "market" in form.base_fields and not self.has_role_among(
            request, frozenset({SUPERVISOR})
        ):
            # Only the market's own: a district's department is the supervisor's to add.
            form.base_fields["market"].required = bool(markets_of(user))  # type: ignore[arg-type]
        return form
