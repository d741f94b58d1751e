"""Staff roles: given and taken by a superuser, or by the district's supervisor."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.errors import StaffRefused
from accounts.models import StaffRole
from accounts.queries import districts_of
from accounts.scoped_admin import SUPERVISOR, ScopedModelAdmin
from accounts.states import SCOPE, Role
from accounts.words import staff_sentence


class RoleForm(forms.ModelForm):
    """Exactly the one thing that the role is tied to must be chosen."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        role = data.get("role")
        if role:
            wanted = SCOPE[Role(role)]
            for scope in ("market", "department", "district"):
                if scope == wanted and not data.get(scope) and scope not in self.errors:
                    self.add_error(scope, _("Say for which one."))
                if scope != wanted and data.get(scope):
                    self.add_error(scope, _("This role is not tied to one of these."))
        return data


@admin.register(StaffRole)
class StaffRoleAdmin(ScopedModelAdmin):
    view_roles = frozenset({SUPERVISOR})
    add_roles = frozenset({SUPERVISOR})
    delete_roles = frozenset({SUPERVISOR})
    form = RoleForm
    list_display = ("user", "role", "market", "department", "district")
    list_filter = ("role",)
    list_select_related = ("user", "market", "department", "district")
    search_fields = ("user__username", "user__nickname")
    fields = ("user", "role", "market", "department", "district")
    ordering = ("user_id", "pk")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[StaffRole]":
        rows: QuerySet[StaffRole] = super(ScopedModelAdmin, self).get_queryset(request)
        if request.user.is_superuser:
            return rows
        mine = districts_of(request.user)  # type: ignore[arg-type]
        return rows.filter(
            Q(district__in=mine) | Q(market__district__in=mine) | Q(department__district__in=mine)
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StaffRole | None = None) -> bool:
        if not super().has_delete_permission(request, obj):
            return False
        return obj is None or actions.may_appoint(
            by=request.user,  # type: ignore[arg-type]
            role=Role(obj.role),
            scope=obj.market or obj.department or obj.district,
        )

    def save_model(self, request: HttpRequest, obj: StaffRole, form: Any, change: bool) -> None:
        made = actions.appoint(
            user=obj.user,
            role=Role(obj.role),
            by=request.user,  # type: ignore[arg-type]
            market=obj.market,
            department=obj.department,
            district=obj.district,
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: StaffRole) -> None:
        actions.dismiss(role_id=obj.pk, by=request.user)  # type: ignore[arg-type]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StaffRefused as refused:
            messages.error(request, staff_sentence(refused))
            return HttpResponseRedirect(reverse("admin:accounts_staffrole_add"))
