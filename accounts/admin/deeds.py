"""What is done with one person, each in a dialog."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts import actions
from accounts.admin.dialogs import PasswordDialog, UnmaskDialog
from accounts.errors import StaffRefused
from accounts.models import User
from accounts.scoped_admin import ScopedModelAdmin, dialog_done
from accounts.words import staff_sentence


class PersonDeeds(ScopedModelAdmin):
    actions_detail = ("unmask", "new_password", "reset_second_step", "close", "reopen")

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
        def reset(person: User, by: User) -> None:
            actions.reset_totp(user=person, by=by)

        done = _("Done. The next sign-in sets up the second step.")
        return self._do(request, object_id, reset, done)

    @action(
        description=_("New password"),
        url_path="new-password",
        icon="password",
        permissions=["reset"],
        dialog={
            "title": _("New password"),
            "description": _("The old one stops working, and open sessions end."),
            "form_class": PasswordDialog,
            "form_submit_text": _("Set it anew"),
        },
    )
    def new_password(
        self, request: HttpRequest, form: PasswordDialog, object_id: Any
    ) -> HttpResponse:
        def change(person: User, by: User) -> None:
            actions.set_password(user=person, password=form.cleaned_data["password"], by=by)

        return self._do(request, object_id, change, _("The new password holds from now on."))

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, active=True)

    def has_reopen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._offers(request, object_id, active=False)

    def _offers(self, request: HttpRequest, object_id: Any, *, active: bool) -> bool:
        if not self.has_role_among(request, self.view_roles):
            return False
        return object_id is None or self.get_own(request, object_id).is_active == active

    @action(
        description=_("Close the account"),
        url_path="close",
        icon="person_off",
        permissions=["close"],
        dialog={
            "title": _("Close the account?"),
            "description": _("The person is signed out at once and cannot sign in any more."),
            "form_class": None,
            "form_submit_text": _("Close the account"),
        },
    )
    def close(self, request: HttpRequest, form: Any, object_id: Any) -> HttpResponse:
        def shut(person: User, by: User) -> None:
            actions.set_active(user=person, active=False, by=by)

        return self._do(request, object_id, shut, _("The account is closed."))

    @action(
        description=_("Open the account again"),
        url_path="reopen",
        icon="person_check",
        permissions=["reopen"],
        dialog={
            "title": _("Open the account again?"),
            "description": _("The person can sign in as before, with the roles they still have."),
            "form_class": None,
            "form_submit_text": _("Open the account again"),
        },
    )
    def reopen(self, request: HttpRequest, form: Any, object_id: Any) -> HttpResponse:
        def open_again(person: User, by: User) -> None:
            actions.set_active(user=person, active=True, by=by)

        return self._do(request, object_id, open_again, _("The account is open again."))

    def _do(
        self, request: HttpRequest, object_id: Any, deed: Callable[[User, User], None], done: Any
    ) -> HttpResponse:
        """Do it to a person of one's own, say how it went, and lead back to them."""
        person = self.get_own(request, object_id)
        try:
            deed(person, request.user)  # type: ignore[arg-type]
            messages.success(request, done)
        except StaffRefused as refused:
            messages.error(request, staff_sentence(refused))
        return dialog_done(request, reverse("admin:accounts_user_change", args=[person.pk]))
