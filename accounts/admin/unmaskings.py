"""Who looked at whose number."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.columns import column
from accounts.models import Unmasking
from accounts.scoped_admin import ReadOnlyAdmin, ScopedModelAdmin


@admin.register(Unmasking)
class UnmaskingAdmin(ReadOnlyAdmin):
    """Who looked at whose number. For superusers; nobody edits it."""

    view_roles = frozenset()
    list_display = ("shown_at", "shown_by", "shown_of", "shown_why")
    fields = list_display
    readonly_fields = list_display
    shown_at = column("at", _("time"))
    shown_by = column("by", _("who looked"))
    shown_of = column("of", _("whose number"))
    shown_why = column("why", _("reason given"))
    list_select_related = ("by", "of")
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Unmasking]":
        if not request.user.is_superuser:
            raise Http404
        return super(ScopedModelAdmin, self).get_queryset(request)
