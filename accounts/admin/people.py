"""People: found by their number, shown without it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts import actions
from accounts.admin.columns import column
from accounts.admin.deeds import PersonDeeds
from accounts.crypto import keyed_hash
from accounts.errors import PhoneRefused, StaffRefused
from accounts.models import User
from accounts.phones import parse_phone
from accounts.queries import districts_of
from accounts.scoped_admin import SUPERVISOR, ScopedModelAdmin
from accounts.words import staff_sentence


class NewStaffForm(forms.ModelForm):
    username = forms.CharField(
        label=_("User name"), max_length=60, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=UnfoldAdminPasswordWidget,
        help_text=_("At least 12 characters. Hand it over in person; TOTP is set up at sign-in."),
    )

    class Meta:
        model = User
        fields = ("username",)

    def _post_clean(self) -> None:
        """The action judges name and password (save_model); the model's own check is not asked."""


@admin.register(User)
class UserAdmin(PersonDeeds):
    """A superuser finds everyone; a supervisor the staff of their district, and new staff."""

    view_roles = frozenset({SUPERVISOR})
    add_roles = frozenset({SUPERVISOR})
    list_display = (
        "shown_name",
        "shown_phone",
        "shown_roles",
        "is_staff",
        "is_active",
        "date_joined",
    )
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "nickname")
    search_help_text = _("User name, nickname, last four digits, or a whole phone number")
    ordering = ("-pk",)
    fields = (
        "username",
        "nickname",
        "shown_phone",
        "phone_verified_at",
        "shown_roles",
        "is_staff",
        "is_active",
        "date_joined",
        "last_login",
    )
    readonly_fields = ("shown_phone", "shown_roles")
    shown_name = column("label", _("name"))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        rows: QuerySet[User] = super(ScopedModelAdmin, self).get_queryset(request)
        rows = rows.prefetch_related("roles__market", "roles__department", "roles__district")
        if request.user.is_superuser:
            return rows
        mine = districts_of(request.user)  # type: ignore[arg-type]
        held = User.objects.filter(
            Q(roles__district__in=mine)
            | Q(roles__market__district__in=mine)
            | Q(roles__department__district__in=mine)
        )
        without_any = Q(is_staff=True, is_superuser=False, roles=None) if mine else Q(pk__in=[])
        return rows.filter(Q(pk__in=held.values("pk")) | without_any)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        """A whole number finds its person by the keyed hash, four digits by the last four."""
        try:
            phone = parse_phone(search_term)
        except PhoneRefused:
            term = search_term.strip()
            if len(term) == 4 and term.isdigit():
                return queryset.filter(phone_last4=term), False
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(phone_hash=keyed_hash(phone, purpose="phone")), False

    @display(description=_("phone"))
    def shown_phone(self, user: User) -> str:
        return user.masked_phone or "-"

    @display(description=_("roles"))
    def shown_roles(self, user: User) -> str:
        return "; ".join(str(held) for held in user.roles.all()) or "-"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- new staff -----------------------------------------------------------------------------
    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else NewStaffForm

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("username", "password")})]
        return super().get_fieldsets(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        made = actions.create_staff(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            by=request.user,  # type: ignore[arg-type]
        )
        obj.pk = made.pk
        obj.refresh_from_db()

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
            return HttpResponseRedirect(request.path)
