"""The admin's base class: everybody sees and touches only what they are in charge of."""

from collections.abc import Collection
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
    user: User,
    *,
    market: str | None,
    district: str | None,
    department: str | None = None,
    among: Collection[Role] = tuple(Role),
) -> Q:
    """The condition that keeps a queryset to what the person is in charge of by these roles.

    Each look-up leads to that id; None where there is no way to it.
    """
    scope = Q(pk__in=[])
    if market is not None:
        scope |= Q(**{f"{market}__in": markets_of(user, among=among)})
    if district is not None:
        scope |= Q(**{f"{district}__in": districts_of(user, among=among)})
    if department is not None:
        scope |= Q(**{f"{department}__in": departments_of(user, among=among)})
    return scope


class ScopedModelAdmin(ModelAdmin):
    """Rights by role, rows by scope. Another market's row is not there: 404, never a redirect.

    Who holds two roles has the rights of each only where it is held: somebody who manages one
    market and helps at the desk of another is no manager there.
    """

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

    def has_role_among(self, request: HttpRequest, roles: frozenset[Role], row: Any = None) -> bool:
        """Whether the person holds one of the roles, and, where a row or its id is named, over it.

        An id that is not theirs to see is Http404.
        """
        user = request.user
        if not (user.is_active and user.is_staff):
            return False
        if user.is_superuser:
            return True
        held = {each.role for each in roles_of(user)}
        if not held & roles:
            return False
        if row is None or held & self._visible_by <= roles:  # seen at all, so by such a role
            return True
        if not isinstance(row, self.model):
            row = self.get_own(request, row)
        return self.model._base_manager.filter(self._scope(user, roles), pk=row.pk).exists()

    @property
    def _visible_by(self) -> frozenset[Role]:
        return self.view_roles | self.change_roles

    def _scope(self, user: User, roles: frozenset[Role]) -> Q:
        return scope_of(
            user,
            market=self.market_path,
            district=self.district_path,
            department=self.department_path,
            among=roles,
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self._visible_by)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.add_roles)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.change_roles, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_role_among(request, self.delete_roles, obj)

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(self._scope(request.user, self._visible_by))  # type: ignore[arg-type]

    def formfield_for_foreignkey(
        self, db_field: "models.ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and accept, only rows that the person could see in the admin themselves.

        The market or district that a row is to belong to must be theirs by a role that may write.
        """
        related = admin.site._registry.get(db_field.remote_field.model)
        if "queryset" not in kwargs and isinstance(related, ScopedModelAdmin):
            rows = related.get_queryset(request)
            belongs_to = db_field.name in (self.market_path, self.district_path)
            if belongs_to and not request.user.is_superuser:
                writers = self.add_roles | self.change_roles
                own = related._scope(request.user, writers)  # type: ignore[arg-type]
                rows = rows.filter(pk__in=related.model._base_manager.filter(own).values("pk"))
            kwargs["queryset"] = rows
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
