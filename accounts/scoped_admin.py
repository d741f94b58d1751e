"""The admin's base class: everybody sees and touches only what they are in charge of."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from accounts.models import User
from accounts.queries import departments_of, districts_of, markets_of, roles_of
from accounts.states import Role

MANAGER, CLERK, HANDLER = Role.MANAGER, Role.CLERK, Role.HANDLER
SUPERVISOR, COMMITTEE = Role.SUPERVISOR, Role.COMMITTEE


def scope_of(
    user: User, *, market: str | None, district: str | None, department: str | None = None
) -> Q:
    """The condition that keeps a queryset to what the person is in charge of.

    Each argument is the look-up that leads to that id; None where there is no way to it.
    """
    scope = Q(pk__in=[])
    if market is not None:
        scope |= Q(**{f"{market}__in": markets_of(user)})
    if district is not None:
        scope |= Q(**{f"{district}__in": districts_of(user)})
    if department is not None:
        scope |= Q(**{f"{department}__in": departments_of(user)})
    return scope


class ScopedModelAdmin(ModelAdmin):
    """Rights by role, rows by scope. Another market's row is not there: 404, never a redirect."""

    market_path: str | None = None
    district_path: str | None = None
    department_path: str | None = None
    view_roles: frozenset[Role] = frozenset({MANAGER, SUPERVISOR})
    add_roles: frozenset[Role] = frozenset()
    change_roles: frozenset[Role] = frozenset()
    delete_roles: frozenset[Role] = frozenset()

    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_role_among(self, request: HttpRequest, roles: frozenset[Role]) -> bool:
        user = request.user
        if not (user.is_active and user.is_staff):
            return False
        return user.is_superuser or any(held.role in roles for held in roles_of(user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.view_roles | self.change_roles)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.add_roles)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.change_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.delete_roles)

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(
            scope_of(
                request.user,  # type: ignore[arg-type]
                market=self.market_path,
                district=self.district_path,
                department=self.department_path,
            )
        )

    def formfield_for_foreignkey(
        self, db_field: "models.ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and accept, only rows that the person could see in the admin themselves."""
        related = admin.site._registry.get(db_field.remote_field.model)
        if "queryset" not in kwargs and isinstance(related, ScopedModelAdmin):
            kwargs["queryset"] = related.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404

    def get_own(self, request: HttpRequest, object_id: Any) -> Any:
        """The row with that id, if it is the person's to see; Http404 otherwise."""
        obj = self.get_object(request, str(object_id))
        if obj is None:
            raise Http404
        return obj


class HistoryAdmin(SimpleHistoryAdmin, ScopedModelAdmin):
    """Edited rows with who changed what and when, to be read within the same scope.

    Nothing is set back from there: simple_history looks rows up past the scope, takes a POST
    from who may only view, and an old state would come in past the rules of today.
    """

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self.get_own(request, unquote(object_id))
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self.get_own(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class ReadOnlyAdmin(ScopedModelAdmin):
    """Rows that only actions write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def dialog_done(request: HttpRequest, url: str) -> HttpResponse:
    """Answer a dialog that did its work: lead the whole page, not the dialog's part, to `url`."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
