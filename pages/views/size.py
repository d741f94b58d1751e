"""The choice of 长辈版, kept in this browser."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

A_YEAR = 60 * 60 * 24 * 365


@require_POST
def set_size(request: HttpRequest) -> HttpResponse:
    """Switch large type on (`size=large`) or off, and go back to the page it was asked from."""
    response = HttpResponseRedirect(_back(request))
    if request.POST.get("size") == "large":
        response.set_cookie("size", "large", max_age=A_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie("size", samesite="Lax")
    return response


def _back(request: HttpRequest) -> str:
    """Where the form said, if that is on this site; the home page otherwise."""
    asked = request.POST.get("next", "")
    fits = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if fits else "/"
