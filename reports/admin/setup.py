"""Types of report and dispatch rules, edited by the district; every edit is kept as history."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.scoped_admin import CLERK, MANAGER, SUPERVISOR, HistoryAdmin, ScopedModelAdmin
from reports.models import Category, DispatchRule


@admin.register(Category)
class CategoryAdmin(HistoryAdmin):
    """City-wide: everybody at a desk reads them, the superuser edits them."""

    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    list_display = ("name", "parent", "urgent", "respond_minutes", "resolve_minutes", "is_active")
    list_filter = ("parent", "urgent", "is_active")
    list_select_related = ("parent",)
    search_fields = ("name", "name_en", "code")

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super(ScopedModelAdmin, self).get_queryset(request)


@admin.register(DispatchRule)
class DispatchRuleAdmin(HistoryAdmin):
    """Tried from the top; a supervisor keeps those of their district."""

    district_path = "district"
    market_path = "market"
    view_roles = frozenset({MANAGER, SUPERVISOR})
    add_roles = change_roles = delete_roles = frozenset({SUPERVISOR})
    list_display = ("position", "category", "market", "department", "mode", "is_active")
    list_display_links = ("position", "category")
    list_filter = ("is_active", "mode", "department")
    list_select_related = ("category", "market", "department")
    ordering = ("position", "id")
    fieldsets = (
        (_("When"), {"fields": ("position", "district", "market", "category", "is_active")}),
        (_("Who"), {"fields": ("department", "mode", "handler")}),
        (_("By when"), {"fields": ("respond_minutes", "resolve_minutes")}),
    )
