"""One rule for every address under a staff door, so that no single view can forget it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.access import staff_gate


class StaffTotpMiddleware:
    """Nobody in charge of anything passes `STAFF_DOORS` without a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path
        if path.startswith(settings.STAFF_DOORS) and path != reverse("admin:logout"):
            stopped = staff_gate(request)
            if stopped is not None:
                return stopped
        return self.get_response(request)
