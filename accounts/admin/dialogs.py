"""The forms of this room's dialogs."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget


class UnmaskDialog(BaseDialogForm):
    why = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Your name, the time and this reason are kept and cannot be taken back."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class PasswordDialog(BaseDialogForm):
    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        help_text=_("At least 12 characters. Hand it over in person; TOTP is set up at sign-in."),
        widget=UnfoldAdminPasswordWidget,
    )
