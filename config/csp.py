"""The looser Content-Security-Policy of `/admin/`, whose theme evaluates expressions."""

from collections.abc import Callable

from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_EVAL, NONCE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": [SELF],
}


def admin_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: replace the strict policy under `/admin/` only."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = POLICY  # type: ignore[attr-defined]
        return response

    return middleware
