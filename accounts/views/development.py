"""Pages that exist in a development copy only."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.crypto import decrypt
from accounts.queries import code_is_stale, latest_sms


@never_cache
@require_safe
def dev_sms(request: HttpRequest) -> HttpResponse:
    """The last 20 messages, newest first, with their codes."""
    if not settings.DEBUG:
        raise Http404
    rows = []
    for sms in latest_sms(20):
        body = decrypt(sms.body_cipher) if sms.body_cipher else ""
        code = re.search(r"\d{6}", body)
        rows.append(
            {
                "to": f"***{decrypt(sms.to_cipher)[-4:]}",
                "body": body,
                "code": code.group() if code and sms.kind == sms.Kind.CODE else "",
                "at": sms.created_at,
                "sent": sms.sent_at is not None,
                "stuck": sms.stuck_at is not None,
                "error": sms.last_error,
                "stale": code_is_stale(sms),
            }
        )
    return render(request, "accounts/dev_sms.html", {"rows": rows})
