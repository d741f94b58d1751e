"""The supervisor's look at programmes, accounts and transfers. Only actions write them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from accounts.queries import districts_of
from accounts.scoped_admin import SUPERVISOR, ReadOnlyAdmin
from points.models import Account, FreezeMove, Programme, Rule, Transfer
from points.queries.statements import words_for


class LedgerAdmin(ReadOnlyAdmin):
    """For supervisors, kept to the programmes that their districts run."""

    view_roles = frozenset({SUPERVISOR})
    programme_path = "programme"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        # Not the base's own scope: a programme run by two of one's districts would show twice.
        rows: QuerySet[Any] = ModelAdmin.get_queryset(self, request)
        if request.user.is_superuser:
            return rows
        # Districts live on the floor above; the way to them is a look-up, not an import.
        own = Programme.objects.filter(districts__in=districts_of(request.user))  # type: ignore[arg-type]
        return rows.filter(**{f"{self.programme_path}__in": own.values("pk")})


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class RuleInline(ReadOnlyInline):
    model = Rule
    fields = (
        "code",
        "version",
        "name",
        "unit",
        "points",
        "per",
        "monthly_cap_per_person",
        "starts_on",
        "ends_on",
    )


class FreezeInline(ReadOnlyInline):
    model = FreezeMove
    fields = ("at", "frozen", "why", "by")
    ordering = ("-at",)


@admin.register(Programme)
class ProgrammeAdmin(LedgerAdmin):
    programme_path = "pk"
    list_display = ("name", "code", "validity_months", "points_per_yuan", "starts_on", "ends_on")
    inlines = (RuleInline,)


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    list_display = ("id", "kind", "holder_id", "unit", "balance", "frozen_at", "programme")
    list_filter = ("kind", "unit")
    list_select_related = ("programme",)
    search_fields = ("=holder_id",)
    search_help_text = _("The number of the person, household or merchant")
    inlines = (FreezeInline,)


@admin.register(Transfer)
class TransferAdmin(LedgerAdmin):
    programme_path = "debit__programme"
    list_display = (
        "id",
        "booked_on",
        "kind",
        "points",
        "debit",
        "credit",
        "words",
        "source",
        "memo",
        "by",
    )
    list_filter = ("kind",)
    list_select_related = ("debit", "credit", "rule", "by")
    search_fields = ("=source", "=id")
    search_help_text = _("The exact source, such as report:NUMBER, or the number of the transfer")
    exclude = ("request_hash",)

    @admin.display(description=_("reason"))
    def words(self, transfer: Transfer) -> str:
        return words_for(transfer)
