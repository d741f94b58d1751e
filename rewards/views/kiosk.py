"""The tablet in the market. It has no session: a device token and, while someone stands there, a
visit token, each in a cookie of its own that no script reads. Every change answers with 303, so
that nothing is sent twice by a reload, and no page is kept by the browser.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from points import queries as points
from points.holders import person
from rewards import actions, queries
from rewards.errors import RewardsRefused
from rewards.forms import CodeForm, ConfirmForm
from rewards.models import KioskDevice, KioskVisit
from rewards.views.cards import card, picture, voucher_qr
from rewards.words import Sentence, locked, not_enough, plain, sentence, wrong_code

DEVICE_COOKIE, VISIT_COOKIE = "kiosk", "kiosk_visit"
PATH = "/kiosk/"
# As long as browsers keep a cookie; begun anew each time the tablet shows its first page.
KEEP = 60 * 60 * 24 * 400


class At(NamedTuple):
    """The tablet and the person at it."""

    device: KioskDevice
    visit: KioskVisit

    @property
    def have(self) -> int:
        return points.available(person(self.visit.user_id), self.device.market.district.programme)


def _private(response: HttpResponse) -> HttpResponse:
    """Nothing of it may be found again by the next person's back button."""
    response["Cache-Control"] = "no-store, private"
    return response


def on_tablet(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view its tablet; an unbound or revoked one gets a page that says so (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        device = queries.device_of(request.COOKIES.get(DEVICE_COOKIE, ""))
        if device is None:
            context: dict[str, object] = {"market": None}
            return _private(render(request, "rewards/kiosk_unbound.html", context, status=403))
        if device.revoked_at is not None:
            context = {"market": device.market}
            return _private(render(request, "rewards/kiosk_revoked.html", context, status=403))
        actions.note_alive(device=device)
        return _private(view(request, device, *args, **kwargs))

    return guarded


def in_visit(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view its tablet and visit; without a visit the first page says that it ended."""

    @wraps(view)
    @on_tablet
    def guarded(
        request: HttpRequest, device: KioskDevice, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        visit = queries.visit_of(device, request.COOKIES.get(VISIT_COOKIE, ""))
        if visit is None:
            return _to("rewards:kiosk", no="timed_out")
        actions.prolong_visit(visit=visit)
        return view(request, At(device, visit), *args, **kwargs)

    return guarded


def _to(name: str, *args: Any, **query: Any) -> HttpResponse:
    more = "&".join(f"{key}={value}" for key, value in query.items())
    url = reverse(name, args=args) + (f"?{more}" if more else "")
    return HttpResponseRedirect(url, status=303)


def _set(response: HttpResponse, name: str, value: str, *, max_age: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _forget_person(response: HttpResponse) -> None:
    response.delete_cookie(VISIT_COOKIE, path=PATH, samesite="Strict")
    response.delete_cookie("size")
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)


@require_http_methods(["GET", "HEAD", "POST"])
@on_tablet
def welcome(request: HttpRequest, device: KioskDevice) -> HttpResponse:
    """The first page. Whoever was there before has left when it shows."""
    if request.method == "POST":
        return _identify(request, device)
    context = {
        "market": device.market,
        "sentence": _why(request, device),
        "code": request.GET.get("code", "")[:8],
    }
    response = render(request, "rewards/kiosk_welcome.html", context)
    token = request.COOKIES.get(VISIT_COOKIE)
    if token:
        visit = queries.visit_of(device, token)
        if visit:
            actions.end_visit(visit=visit)
        _forget_person(response)
    _set(response, DEVICE_COOKIE, request.COOKIES[DEVICE_COOKIE], max_age=KEEP)
    return response


def _identify(request: HttpRequest, device: KioskDevice) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _to("rewards:kiosk", no="kiosk_mistyped")
    try:
        _visit, token = actions.identify(device=device, typed=form.cleaned_data["code"])
    except RewardsRefused as refused:
        if refused.code == "wrong_code":
            return _to("rewards:kiosk", no="wrong_code", left=refused.params["tries_left"])
        if refused.code == "mistyped":
            return _to("rewards:kiosk", no="kiosk_mistyped")
        return _to("rewards:kiosk", no=refused.code)
    response = _to("rewards:kiosk_shelf")
    _set(response, VISIT_COOKIE, token, max_age=None)
    return response


def _why(request: HttpRequest, device: KioskDevice) -> Sentence | None:
    """What the page before had to say. Only known words: the address can be typed by anyone."""
    code = request.GET.get("no", "")
    if device.locked_until and device.locked_until > timezone.now():
        return locked(max(1, round((device.locked_until - timezone.now()).total_seconds())))
    if code == "wrong_code":
        left = request.GET.get("left", "")
        return wrong_code(int(left) if left in {"1", "2", "3", "4"} else 1)
    return plain(code) if code in {"timed_out", "kiosk_mistyped"} else None


@require_http_methods(["GET", "HEAD", "POST"])
def bind(request: HttpRequest) -> HttpResponse:
    """Type the code that the manager was shown; the tablet belongs to that market from then on."""
    refusal: Sentence | None = None
    if request.method == "POST":
        form = CodeForm(request.POST)
        try:
            if not form.is_valid():
                raise RewardsRefused("unknown_binding")
            _device, token = actions.bind_kiosk(code=form.cleaned_data["code"])
        except RewardsRefused as refused:
            refusal = sentence(refused)
        else:
            response = _to("rewards:kiosk")
            _set(response, DEVICE_COOKIE, token, max_age=KEEP)
            _forget_person(response)
            return _private(response)
    status = 422 if refusal else 200
    context = {"market": None, "refusal": refusal}
    return _private(render(request, "rewards/kiosk_bind.html", context, status=status))


@require_safe
@in_visit
def shelf(request: HttpRequest, at: At) -> HttpResponse:
    """What the person has, what of it dies next, and what this market has in stock."""
    have = at.have
    market = at.device.market
    offers = queries.shelf(market, have=have)
    context = {
        "market": market,
        "idle_url": reverse("rewards:kiosk"),
        "name": queries.name_masked(at.visit.user),
        "have": have,
        "expiring": points.expiring_next(person(at.visit.user_id), market.district.programme),
        "rewards": [
            card(each, reverse("rewards:kiosk_confirm", args=[each.reward.pk])) for each in offers
        ],
        "gone": bool(offers) and all(each.sold_out for each in offers),
    }
    return render(request, "rewards/kiosk_shelf.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_visit
def confirm(request: HttpRequest, at: At, reward_id: int) -> HttpResponse:
    """One reward, what it costs and leaves; POST takes the points."""
    if request.method == "POST":
        return _redeem(request, at, reward_id)
    market = at.device.market
    offer = queries.offer(market, reward_id, have=at.have)
    refusal: Sentence | None = None
    no, was = request.GET.get("no", ""), request.GET.get("was", "")
    if offer is None:
        refusal = plain("not_offered")
    elif no in {"frozen", "wrong_market", "key_conflict"}:
        refusal = plain(no)
    elif no == "price_changed" and was.isdecimal():
        refusal = sentence(RewardsRefused(no, was=int(was[:9]), now=offer.reward.points))
    elif offer.sold_out:
        refusal = plain("sold_out")
    elif offer.missing:
        refusal = not_enough(offer.missing)
    context = {
        "market": market,
        "idle_url": reverse("rewards:kiosk"),
        "offer": offer,
        "picture": picture(offer.reward) if offer else "",
        "refusal": refusal,
        "key": uuid.uuid4(),
    }
    return render(request, "rewards/kiosk_confirm.html", context)


def _redeem(request: HttpRequest, at: At, reward_id: int) -> HttpResponse:
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _to("rewards:kiosk_confirm", reward_id, no="key_conflict")
    try:
        done = actions.redeem(
            key=form.cleaned_data["key"],
            user=at.visit.user,
            reward_id=reward_id,
            market_id=at.device.market_id,
            by=at.visit.user,
            expected_points=form.cleaned_data["points"],
            kiosk=at.device,
        )
    except RewardsRefused as refused:
        more = {"was": refused.params["was"]} if refused.code == "price_changed" else {}
        return _to("rewards:kiosk_confirm", reward_id, no=refused.code, **more)
    return _to("rewards:kiosk_slip", done.key)


@require_safe
@in_visit
def slip(request: HttpRequest, at: At, redemption_id: uuid.UUID) -> HttpResponse:
    """The voucher, to be printed or photographed. Somebody else's is not there."""
    row = queries.my_voucher(at.visit.user, redemption_id)
    if row is None:
        raise Http404
    context = {
        "market": at.device.market,
        "idle_url": reverse("rewards:kiosk"),
        "row": row,
        "name": queries.name_masked(at.visit.user),
        "qr": voucher_qr(row.voucher),
        "have": at.have,
    }
    return render(request, "rewards/kiosk_slip.html", context)


@require_POST
@on_tablet
def leave(request: HttpRequest, device: KioskDevice) -> HttpResponse:
    """完成: the first page ends the visit and clears the cookies."""
    return _to("rewards:kiosk")
