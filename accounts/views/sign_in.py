"""Signing in: a number and a code for everyone, user name, password and TOTP for staff.

Where the person was going (`next`) is carried through every step, and nothing else in their
session is touched, so a report begun before signing in is there afterwards.
"""

import time
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.stages import LoginByCodeStage, LoginStage, LoginStageController
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.errors import SmsRefused
from accounts.words import sms_sentence


class _ShowsItself:
    """A sign-in begun and left lying does not bar the way to beginning another."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        return None


def _process(stage: Any) -> LoginCodeVerificationProcess | None:
    """The code that is being waited for, while it is good."""
    if not isinstance(stage, LoginByCodeStage) or "at" not in stage.state:
        return None
    process = LoginCodeVerificationProcess(stage=stage)
    return process if process.is_valid() else None


class PhoneLogin(_ShowsItself, allauth_views.RequestLoginCodeView):
    template_name = "account/login.html"

    def form_valid(self, form: Form) -> HttpResponse:
        """Send a code. A number that is new here is registered, unless no code could be sent."""
        waiting = _process(get_pending_stage(self.request))
        try:
            with transaction.atomic():
                person = actions.register_phone(phone=form.cleaned_data["phone"])
                LoginCodeVerificationProcess.initiate(
                    request=self.request, user=person, phone=person.masked_phone
                )
        except SmsRefused as refused:
            if refused.code == "too_soon" and waiting and waiting.user == person:
                # Back and again: the code that was sent is still good.
                return HttpResponseRedirect(self.get_success_url())
            form.add_error("phone", sms_sentence(refused))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["staff_login_url"] = self.passthrough_next_url(reverse("account_staff_login"))
        return context


class CodeLogin(allauth_views.ConfirmLoginCodeView):
    template_name = "account/confirm_login_code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without a code that is waited for, or past its time: a sentence, and back to begin."""
        if not request.user.is_authenticated:
            stage = LoginStageController.enter(request, LoginByCodeStage.key)
            if _process(stage) is None:
                if stage is not None:
                    clear_login(request)
                    messages.warning(
                        request,
                        _("The code is no longer valid. Please have a new one sent to you."),
                    )
                return self._begin_again()
        return super().dispatch(request, *args, **kwargs)

    def _begin_again(self) -> HttpResponse:
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_login")))

    def form_invalid(self, form: Form) -> HttpResponse:
        if not form.data.get("code", "").strip():
            return self.render_to_response(self.get_context_data(form=form))  # not a try
        if self._process.record_invalid_attempt():
            left = self._process.max_attempts - self._process.state["failed_attempts"]
            sentence = ngettext(
                "This is not the code we sent. You have %(count)s more try.",
                "This is not the code we sent. You have %(count)s more tries.",
                left,
            ) % {"count": left}
            form.errors["code"] = form.error_class([sentence])
            return self.render_to_response(self.get_context_data(form=form))
        messages.error(
            self.request,
            _(
                "Three wrong codes: to protect you, that code no longer works. "
                "Please have a new one sent to you. What you had begun is still there."
            ),
        )
        return self._begin_again()

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        """A new code with its full time and tries; where none may be sent, the old one stays."""
        state = self._process.state
        before = dict(state)
        try:
            state.update(at=time.time(), failed_attempts=0)
            with transaction.atomic():
                self._process.send(skip_enumeration_mails=True)
            self._process.record_resend()
            self._process.persist()
            messages.success(self.request, _("We have sent you a new code."))
        except SmsRefused as refused:
            state.clear()
            state.update(before)
            messages.warning(self.request, sms_sentence(refused))
        return HttpResponseRedirect(
            self.passthrough_next_url(reverse("account_confirm_login_code"))
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        sent_ago = int(time.time() - self._process.state["at"])
        context["resend_in"] = max(0, settings.SMS_PER_PHONE["seconds"] - sent_ago)
        context["minutes"] = settings.CODE_VALID_SECONDS // 60
        context["other_number_url"] = self.passthrough_next_url(reverse("account_login"))
        return context


class StaffLogin(_ShowsItself, allauth_views.LoginView):
    template_name = "accounts/staff_login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["phone_login_url"] = self.passthrough_next_url(reverse("account_login"))
        return context


phone_login = PhoneLogin.as_view()
code_login = CodeLogin.as_view()
staff_login = StaffLogin.as_view()
