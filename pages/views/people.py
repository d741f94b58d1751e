"""`/dev/people/`: who to be in the demo city, with the present TOTP code. Development only."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pages.demo import cast, data


@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The demo's people; 404 outside development, where their passwords open nothing."""
    if not settings.DEBUG:
        raise Http404
    totp, seconds = cast.totp_now()
    return render(
        request,
        "pages/dev_people.html",
        {"parts": cast.parts(), "totp": totp, "seconds": seconds, "secret": data.TOTP_SECRET},
    )
