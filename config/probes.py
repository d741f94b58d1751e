"""The probes of whoever runs the site, answered before anything else."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pages.views.health import livez, readyz

PROBES = {"/livez": livez, "/readyz": readyz}


def answer_probes(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the first: a balancer asks by number, not by one of ALLOWED_HOSTS.

    They come every few seconds for ever, so they are not logged either.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path)
        return probe(request) if probe else get_response(request)

    return middleware
