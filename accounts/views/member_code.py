"""`/me/code/`: the eight digits and the QR code by which a kiosk or a clerk knows a resident."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.models import User
from accounts.qr import qr_svg
from accounts.queries import current_member_code

WORTH_SHOWING = timedelta(seconds=20)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_code(request: HttpRequest) -> HttpResponse:
    """Show the running code; issue one where none runs. POST asks for another now.

    A GET issues a code only where none with 20 s left is running, so it never ends one that
    somebody is about to show: opened by a stranger's page it changes nothing for anybody.
    """
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        actions.issue_member_code(user=user)
        return HttpResponseRedirect(reverse("member_code"))
    code = current_member_code(user, at_least=WORTH_SHOWING) or actions.issue_member_code(user=user)
    address = f"{settings.PUBLIC_ORIGIN.rstrip('/')}/kiosk/?code={code.digits}"
    left = code.expires_at - timezone.now()
    context = {
        "digits": code.digits,
        "groups": (code.digits[:4], code.digits[4:]),
        "qr": mark_safe(qr_svg(address)),  # noqa: S308 - our own drawing
        "seconds": max(1, int(left.total_seconds())),
    }
    template = (
        "accounts/_member_code.html" if "part" in request.GET else "accounts/member_code.html"
    )
    return render(request, template, context)
