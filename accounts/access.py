"""Who may come through a staff door: signed in, with the right, and with two factors."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.queries import has_role, is_staff_member, roles_of
from accounts.states import Role

View = Callable[..., HttpResponse]
AFTER_TOTP = "after_totp"  # session key: where to go once TOTP has been set up


def has_strong_session(request: HttpRequest) -> bool:
    """Whether a second factor (TOTP or a recovery code) was given in this session, and today.

    The session itself may be older: one that began as a resident's lasts a month.
    """
    if not request.user.is_authenticated:
        return False
    since = time.time() - settings.STAFF_SESSION_HOURS * 3600
    return any(
        record["method"] == "mfa" and record["at"] > since
        for record in get_authentication_records(request, request.user)
    )


def staff_gate(request: HttpRequest) -> HttpResponse | None:
    """The answer that stops someone at a staff door, or None to let them on to its own rules.

    Anonymous: to sign in. Staff without a second factor in this session: to give it, or to set
    it up. Somebody without any role passes here; the door itself then says 403.
    """
    user = request.user
    here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
    if not user.is_authenticated:
        inner = request.GET.get("next", "")
        if request.path.endswith("/login/") and inner.startswith("/"):
            here = inner  # the admin's own sign-in address carries the one that was wanted
        return HttpResponseRedirect(f"{reverse('account_staff_login')}?{urlencode({'next': here})}")
    if not is_staff_member(user) or has_strong_session(request):
        return None
    if is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': here})}")
    request.session[AFTER_TOTP] = here
    return HttpResponseRedirect(reverse("mfa_activate_totp"))


def staff_required(*roles: Role) -> Callable[[View], View]:
    """Let in who holds one of the roles (any role where none is named), with two factors.

    Anonymous is led to sign in; somebody without the right gets 403. Which market, department
    or district the role is for is for the view's own look-up to judge.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            stopped = staff_gate(request)
            if stopped is not None:
                return stopped
            user = request.user
            assert user.is_authenticated
            if roles:
                allowed = any(has_role(user, role) for role in roles)
            else:
                allowed = user.is_active and (user.is_superuser or bool(roles_of(user)))
            if not allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorator
