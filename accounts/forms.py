"""The shapes of input at the doors of signing in."""

import unicodedata
from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import Login
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.errors import PhoneRefused
from accounts.phones import parse_phone
from accounts.words import phone_sentence


class PhoneField(forms.CharField):
    """Cleans to E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("error_messages", {"required": _("Please give your mobile number.")})
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "size": "16"}
            ),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return parse_phone(text)
        except PhoneRefused as refused:
            raise forms.ValidationError(phone_sentence(refused), code=refused.code) from refused


class PhoneForm(forms.Form):
    """The number to which a code is to be sent; one that we do not know yet is as good."""

    phone = PhoneField()


def _digits(text: str) -> str:
    """What was typed, without spaces and with full-width digits made plain."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _code_field(label: Any, missing: Any, *, length: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        error_messages={"required": missing},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "pattern": "[0-9０-９ ]*",
                "size": str(length),
                "autofocus": True,
            }
        ),
    )


class CodeForm(account_forms.ConfirmLoginCodeForm):
    code = _code_field(_("6-digit code"), _("Please type the 6 digits we sent you."))

    def clean_code(self) -> str:
        self.cleaned_data["code"] = _digits(self.cleaned_data["code"])
        return super().clean_code()


class StaffLoginForm(account_forms.LoginForm):
    """User name and password. Residents have neither, so a phone number is no user name here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("User name"),
            max_length=60,
            error_messages={"required": _("Please give your user name.")},
            widget=forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
        )
        self.fields["password"] = _password_field()
        self.order_fields(["login", "password"])

    def _setup_password_field(self) -> None:
        """Keep it, though nobody chooses a password when registering."""

    def user_credentials(self) -> dict[str, str]:
        return {
            "username": self.cleaned_data["login"],
            "password": self.cleaned_data["password"],
        }

    def _clean_with_password(self, credentials: dict[str, str]) -> Any:
        adapter = get_adapter()
        user = adapter.authenticate(self.request, **credentials)
        if user is None:
            raise adapter.validation_error("username_password_mismatch")
        self._login = Login(user=user)
        self.user = user
        return self.cleaned_data


def _password_field() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        error_messages={"required": _("Please give your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordAgainForm(account_forms.ReauthenticateForm):
    password = _password_field()


class _OnceOnly:
    """A TOTP code is good for three half minutes, and only once within them."""

    def clean_code(self) -> str:
        form: Any = self
        form.cleaned_data["code"] = _digits(form.cleaned_data["code"])
        code: str = super().clean_code()  # type: ignore[misc]
        window = 30 * (2 * settings.MFA_TOTP_TOLERANCE + 1)
        if not cache.add(f"totp-once:{form.user.pk}:{code}", 1, timeout=window):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class TotpForm(_OnceOnly, mfa_forms.AuthenticateForm):
    code = _code_field(_("Code from your app"), _("Please type the code your app shows."))


class TotpAgainForm(_OnceOnly, mfa_forms.ReauthenticateForm):
    code = _code_field(_("Code from your app"), _("Please type the code your app shows."))


class ActivateTotpForm(_OnceOnly, totp_forms.ActivateTOTPForm):
    code = _code_field(_("Code from your app"), _("Please type the code your app shows."))
