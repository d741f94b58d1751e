"""Setting up TOTP, and its recovery codes."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.access import AFTER_TOTP


@method_decorator([login_required, never_cache], name="dispatch")
class ActivateTotp(ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        context["secret_groups"] = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context

    def form_valid(self, form: Form) -> HttpResponse:
        """Whoever typed the first code has given their second factor in this session."""
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type="totp")
        return response


@method_decorator([login_required, never_cache], name="dispatch")
class RecoveryCodes(ViewRecoveryCodesView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["onward"] = self.request.session.get(AFTER_TOTP) or reverse("mfa_index")
        return context


@login_required
def totp_stays(request: HttpRequest) -> HttpResponse:
    """Staff cannot take it off; whoever lost it has it reset by a supervisor."""
    return HttpResponseRedirect(reverse("mfa_index"))


activate_totp = ActivateTotp.as_view()
recovery_codes = RecoveryCodes.as_view()
