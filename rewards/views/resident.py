"""选商品 → 确认扣减 → 核销码 on a resident's own phone."""

import uuid

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from markets.models import Market
from markets.queries import markets_open
from points import queries as points
from points.holders import person
from rewards import actions, queries
from rewards.errors import RewardsRefused
from rewards.forms import ConfirmForm
from rewards.views.cards import card, picture, standing, voucher_qr
from rewards.words import Sentence, not_enough, sentence

MARKET_COOKIE = "market"
A_YEAR = 60 * 60 * 24 * 365


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _market(request: HttpRequest) -> Market:
    wanted = request.GET.get("market") or request.COOKIES.get(MARKET_COOKIE, "")
    user = _user(request)
    market = queries.first_market(wanted=wanted, user_id=user.pk if user else None)
    if market is None:
        raise Http404
    return market


def _have(user: User | None, market: Market) -> int | None:
    if user is None:
        return None
    return points.available(person(user.pk), market.district.programme)


def _remember(response: HttpResponse, market: Market) -> HttpResponse:
    response.set_cookie(MARKET_COOKIE, market.code, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


@never_cache
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """What one market offers, beside what the person has. Open to all."""
    market, user = _market(request), _user(request)
    have = _have(user, market)
    offers = queries.shelf(market, have=have)
    rows = [
        card(each, f"{reverse('rewards:detail', args=[each.reward.pk])}?market={market.code}")
        for each in offers
    ]
    expiring = points.expiring_next(person(user.pk), market.district.programme) if user else None
    context = {
        "market": market,
        "markets": markets_open(),
        "rewards": rows,
        "have": have,
        "expiring": expiring,
        "vouchers": queries.usable_vouchers(user) if user else 0,
    }
    response = render(request, "rewards/catalogue.html", context)
    return _remember(response, market) if "market" in request.GET else response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, reward_id: int) -> HttpResponse:
    """The reward, what it would leave, and the button that takes the points."""
    market, user = _market(request), _user(request)
    refusal: Sentence | None = None
    status = 200
    if request.method == "POST":
        if user is None:
            return redirect_to_login(f"{request.path}?market={market.code}")
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            refusal, status = sentence(RewardsRefused("key_conflict")), 400
        else:
            try:
                done = actions.redeem(
                    key=form.cleaned_data["key"],
                    user=user,
                    reward_id=reward_id,
                    market_id=market.pk,
                    by=user,
                    expected_points=form.cleaned_data["points"],
                )
            except RewardsRefused as refused:
                refusal, status = sentence(refused), 409
            else:
                to = reverse("rewards:redemption", args=[done.key])
                return HttpResponseRedirect(f"{to}?new=1", status=303)
    offer = queries.offer(market, reward_id, have=_have(user, market))
    if offer is None and refusal is None:
        raise Http404
    if offer and refusal is None and offer.missing and not offer.sold_out:
        refusal = not_enough(offer.missing)
    context = {
        "market": market,
        "offer": offer,
        "picture": picture(offer.reward) if offer else "",
        "refusal": refusal,
        "key": uuid.uuid4(),
    }
    return render(request, "rewards/detail.html", context, status=status)


@never_cache
@login_required
@require_safe
def vouchers(request: HttpRequest) -> HttpResponse:
    """My vouchers, the usable ones first."""
    user = request.user
    assert isinstance(user, User)
    rows = [
        {"row": row, "tag": standing(row), "picture": picture(row.reward)}
        for row in queries.my_vouchers(user)
    ]
    return render(request, "rewards/vouchers.html", {"rows": rows})


@never_cache
@login_required
@require_safe
def redemption(request: HttpRequest, redemption_id: uuid.UUID) -> HttpResponse:
    """One voucher with its QR code and digits. Somebody else's is not there."""
    user = request.user
    assert isinstance(user, User)
    row = queries.my_voucher(user, redemption_id)
    if row is None:
        raise Http404
    context = {
        "row": row,
        "tag": standing(row),
        "qr": voucher_qr(row.voucher),
        "new": "new" in request.GET and row.is_usable,
    }
    return render(request, "rewards/voucher.html", context)
