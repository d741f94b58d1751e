"""What every page is given."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The large-type choice of this browser, and whether development pages exist."""
    return {
        "large_type": request.COOKIES.get("size") == "large",
        "development": settings.DEBUG,
    }
