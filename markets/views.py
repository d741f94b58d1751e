"""What a scanned code opens, and the picture of the code itself."""

from io import BytesIO

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.queries import districts_of, markets_of
from markets.clock import open_now
from markets.errors import StallRefused
from markets.models import StallCode
from markets.queries import StallScan, find_stall, merchant_of, normalise_code, public_address
from markets.words import opening_words, refusal_words


@require_safe
def scan(request: HttpRequest, code: str) -> HttpResponse:
    try:
        found = find_stall(code)
    except StallRefused as refusal:
        if refusal.code != "replaced" or refusal.stall is None:
            return _refused(request, code, refusal)
        # An old sticker on a stall in use: say so, and lead on with the code that counts.
        stall = refusal.stall
        found = StallScan(
            refusal.in_use or normalise_code(code),
            stall,
            stall.market,
            stall.zone,
            merchant_of(stall),
        )
        return _stall(request, found, old_sticker=True)
    return _stall(request, found)


def _stall(request: HttpRequest, found: StallScan, *, old_sticker: bool = False) -> HttpResponse:
    context = {
        "found": found,
        "opening": opening_words(open_now(found.market)),
        "old_sticker": old_sticker,
    }
    return render(request, "markets/scan.html", context)


def _refused(request: HttpRequest, typed: str, refusal: StallRefused) -> HttpResponse:
    context = {"refusal": refusal, "words": refusal_words(refusal, typed)}
    status = 404 if refusal.code == "unknown" else 410
    return render(request, "markets/scan_refused.html", context, status=status)


@require_safe
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """The code to print and glue, as SVG. For the staff of its market or district."""
    found = (
        StallCode.objects.filter(code=normalise_code(code)).select_related("stall__market").first()
    )
    user = request.user
    if found is None or not user.is_authenticated or not user.is_staff:
        raise Http404
    market = found.stall.market
    if not (
        user.is_superuser
        or market.pk in markets_of(user)
        or market.district_id in districts_of(user)
    ):
        raise Http404
    picture = BytesIO()
    # Quarter of the picture may be dirty or torn: stickers live beside fish and vegetables.
    segno.make(public_address(found.code), error="q", micro=False).save(
        picture, kind="svg", scale=8, border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    response = HttpResponse(picture.getvalue(), content_type="image/svg+xml")
    response["Content-Disposition"] = f'inline; filename="{found.stall.number}-{found.code}.svg"'
    return response
