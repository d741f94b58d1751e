"""How allauth reaches our people.

The number itself never enters allauth's session state: there it is its masked form, and the
message goes to the number kept with the person.
"""

import time
from datetime import timedelta
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.forms import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions
from accounts.crypto import decrypt, encrypt
from accounts.models import Sms, User
from accounts.qr import qr_svg
from accounts.queries import is_staff_member, user_by_phone


class PhoneAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This is not the code we sent."),
        "incorrect_password": gettext_lazy("The password is not right."),
        "username_password_mismatch": gettext_lazy(
            "User name and password do not belong together. Please look at both again."
        ),
        "too_many_login_attempts": gettext_lazy(
            "Too many wrong tries. To protect this account, please wait 5 minutes and try again."
        ),
        "rate_limited": gettext_lazy("Too many tries. Please wait a few minutes and try again."),
    }

    # --- phone ---------------------------------------------------------------------------------
    def phone_form_field(self, **kwargs: Any) -> Field:
        from accounts.forms import PhoneField

        return PhoneField(**kwargs)

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        """Queue the code for the person's own number; `phone` is its masked form. SmsRefused."""
        number = user.phone
        assert number is not None
        minutes = settings.CODE_VALID_SECONDS // 60
        body = _("Code %(code)s, good for %(minutes)s minutes. Tell it to nobody.") % {
            "code": code,
            "minutes": minutes,
        }
        actions.queue_sms(phone=number, kind=Sms.Kind.CODE, body=body)

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        actions.set_phone(user=user, phone=phone, verified=verified)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        if not user.phone_hash:
            return None
        return user.masked_phone, user.phone_verified_at is not None

    def set_phone_verified(self, user: Any, phone: str) -> None:
        actions.mark_phone_verified(user=user)

    def get_user_by_phone(self, phone: str) -> User | None:
        return user_by_phone(phone)

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Residents have none."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People register by signing in; there is no other way to."""
        return False

    # --- signing in ------------------------------------------------------------------------------
    def get_login_stages(self) -> list[str]:
        """The code proves the number, so there is no further proof of it; nobody has e-mail.

        allauth's own phone stage would turn away staff, who need not have a number.
        """
        return [
            "allauth.account.stages.LoginByCodeStage",
            "allauth.mfa.stages.AuthenticateStage",
        ]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Per account, whatever host name the request claims."""
        return f"login:{credentials.get('username', '').strip().lower()}"

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(
            request,
            _("This account is closed. The market's service desk can tell you more."),
        )
        return HttpResponseRedirect(reverse("account_login"))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Staff sit at shared desks: their session ends with the working day."""
        response = super().post_login(request, user, **kwargs)
        if is_staff_member(user):
            request.session.set_expiry(
                int(timedelta(hours=settings.STAFF_SESSION_HOURS).total_seconds())
            )
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A password or second factor given in the last minutes need not be given again."""
        recent = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        return not any(
            record["method"] in ("password", "mfa") and record["at"] > recent
            for record in get_authentication_records(context.request, context.request.user)
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only sentences of our own: the pages themselves say that a code was sent and the like."""
        if message is not None:
            messages.add_message(request, level, message, extra_tags=extra_tags)


class StaffMFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "The code is not right. It changes every half minute and works once: "
            "please type the one your app shows now."
        ),
        "cannot_delete_authenticator": gettext_lazy("Staff cannot do without a second factor."),
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text.encode("ascii"))

    def build_totp_svg(self, url: str) -> str:
        return qr_svg(url)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return False
