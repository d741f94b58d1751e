"""Small files that browsers and robots ask for."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

PRIVATE = (
    "/accounts/",
    "/admin/",
    "/dev/",
    "/kiosk/",
    "/me/",
    "/merchant/",
    "/orders/",
    "/photos/",
    "/report/",
    "/s/",
)


@require_safe
@cache_control(max_age=86_400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86_400)
def manifest(request: HttpRequest) -> HttpResponse:
    """Lets the page be put on a phone's home screen."""
    return JsonResponse(
        {
            "name": _("Suishoupai · our market, together"),
            "short_name": _("Suishoupai"),
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#faf6ed",
            "theme_color": "#0f4a2c",
            "icons": [
                {"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
@cache_control(max_age=86_400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers that ask by the old name get the picture."""
    return HttpResponseRedirect(static("img/favicon.svg"))
