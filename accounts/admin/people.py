"""People: found by their number, shown without it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts import actions
from accounts.admin.dialogs import UnmaskDialog
from accounts.crypto import keyed_hash
from accounts.errors import PhoneRefused, StaffRefused
from accounts.models import Unmasking, User
from accounts.phones import parse_phone
from accounts.queries import districts_of
from accounts.scoped_admin import SUPERVISOR, ReadOnlyAdmin, ScopedModelAdmin, dialog_done
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
class UserAdmin(ScopedModelAdmin):
    """A superuser finds everyone; a supervisor the staff of their district, and new staff."""

    view_roles = frozenset({SUPERVISOR})
    add_roles = frozenset({SUPERVISOR})
    list_display = ("label", "shown_phone", "shown_roles", "is_staff", "is_active", "date_joined")
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
    actions_detail = ("unmask", "reset_second_step")

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

    # --- what is done with one person ------------------------------------------------------------
    def has_unmask_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    @action(
        description=_("Show the phone number"),
        url_path="unmask",
        icon="visibility",
        permissions=["unmask"],
        dialog={
            "title": _("Show the phone number"),
            "description": _("Only where there is no other way to reach the person."),
            "form_class": UnmaskDialog,
            "form_submit_text": _("Show it"),
        },
    )
    def unmask(self, request: HttpRequest, form: UnmaskDialog, object_id: Any) -> HttpResponse:
        try:
            number = actions.unmask_phone(
                user=self.get_own(request, object_id),
                by=request.user,  # type: ignore[arg-type]
                why=form.cleaned_data["why"],
            )
        except StaffRefused as refused:
            return render(request, "accounts/unmasked.html", {"words": staff_sentence(refused)})
        # In this answer only: a message would travel through a cookie.
        response = render(request, "accounts/unmasked.html", {"number": number})
        response["Cache-Control"] = "no-store"
        return response

    def has_reset_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not self.has_role_among(request, self.view_roles):
            return False
        return object_id is None or bool(self.get_own(request, object_id).is_staff)

    @action(
        description=_("Set the second step anew"),
        url_path="reset-second-step",
        icon="lock_reset",
        permissions=["reset"],
        dialog={
            "title": _("Set the second step anew"),
            "description": _(
                "For somebody who lost phone and recovery codes, and whom you have in front of "
                "you. At the next sign-in they scan a new code."
            ),
            "form_class": None,
            "form_submit_text": _("Set it anew"),
        },
    )
    def reset_second_step(self, request: HttpRequest, form: Any, object_id: Any) -> HttpResponse:
        person = self.get_own(request, object_id)
        try:
            actions.reset_totp(user=person, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Done. The next sign-in sets up the second step."))
        except StaffRefused as refused:
            messages.error(request, staff_sentence(refused))
        return dialog_done(request, reverse("admin:accounts_user_change", args=[person.pk]))


@admin.register(Unmasking)
class UnmaskingAdmin(ReadOnlyAdmin):
    """Who looked at whose number. For superusers; nobody edits it."""

    view_roles = frozenset()
    list_display = ("at", "by", "of", "why")
    list_select_related = ("by", "of")
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Unmasking]":
        if not request.user.is_superuser:
            raise Http404
        return super(ScopedModelAdmin, self).get_queryset(request)
