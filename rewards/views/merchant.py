"""Where vouchers end: at a merchant's stall, or at the service desk for goods."""

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import has_strong_session, staff_gate
from accounts.models import User
from markets.models import Merchant
from rewards import actions, queries
from rewards.errors import RewardsRefused
from rewards.forms import AcceptForm, CodeForm
from rewards.queries import VoucherRow
from rewards.views.cards import picture, standing
from rewards.words import Sentence, sentence

STATUS = {"unknown_voucher": 404, "too_many_tries": 429, "mistyped": 422}


def _stopped(request: HttpRequest) -> HttpResponse | None:
    """To sign in; a member of staff with both factors; anyone without a stall or desk: 403."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    if queries.is_at_desk(user):
        return staff_gate(request)
    if queries.merchants_of(user):
        return None
    return render(request, "rewards/merchant_stranger.html", status=403)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """The field for the eight digits, and what was taken today."""
    stopped = _stopped(request)
    if stopped is not None:
        return stopped
    user = request.user
    assert isinstance(user, User)
    refusal: Sentence | None = None
    status = 200
    if request.method == "POST":
        form = CodeForm(request.POST)
        try:
            if not form.is_valid():
                raise RewardsRefused("mistyped")
            found = actions.look_up_voucher(typed=form.cleaned_data["code"], by=user)
        except RewardsRefused as refused:
            refusal, status = sentence(refused), STATUS[refused.code]
        else:
            return HttpResponseRedirect(reverse("rewards:verify", args=[found.token]), status=303)
    merchants = queries.merchants_of(user)
    today = queries.accepted_today(user, merchants)
    fen = sum(row.voucher.value_fen for row in today if not row.is_goods)
    context = {
        "merchants": merchants,
        "at_desk": queries.is_at_desk(user),
        "refusal": refusal,
        "today": today,
        "money": [row for row in today if not row.is_goods],
        "yuan": f"{fen / 100:.2f}".removesuffix(".00"),
    }
    return render(request, "rewards/merchant.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Anyone: is this voucher genuine, and what state is it in? Its owner is nobody's business.

    Whoever may take it gets the button, with as much of a name as is needed to ask for it.
    """
    row = queries.voucher_by_token(token)
    if row is None:
        return render(request, "rewards/verify_unknown.html", status=404)
    refusal: Sentence | None = None
    status = 200
    if request.method == "POST":
        stopped = _stopped(request)
        if stopped is not None:
            return stopped
        try:
            return _accept(request, row)
        except RewardsRefused as refused:
            refusal, status = sentence(refused), 409
            row = queries.voucher_by_token(token) or row
    return render(request, "rewards/verify.html", _context(request, row, refusal), status=status)


def _accept(request: HttpRequest, row: VoucherRow) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    token = row.voucher.token
    if row.is_goods and queries.is_at_desk(user, row.market):
        done = actions.hand_over(token=token, by=user)
    else:
        form = AcceptForm(request.POST)
        wanted = form.cleaned_data["stall"] if form.is_valid() else None
        places = queries.places_of(user, row.market)
        if not places:
            code = "desk_only" if row.is_goods else "other_market"
            raise RewardsRefused(code, market=row.market)
        stall, merchant = next((each for each in places if each[0].pk == wanted), places[0])
        done = actions.accept_voucher(token=token, merchant=merchant, by=user, stall=stall)
    again = "" if done.first else "?again=1"
    to = reverse("rewards:accepted", args=[token])
    return HttpResponseRedirect(to + again, status=303)


def _context(request: HttpRequest, row: VoucherRow, refusal: Sentence | None) -> dict[str, object]:
    user = request.user if isinstance(request.user, User) else None
    if user and queries.is_at_desk(user) and not has_strong_session(request):
        user = None  # half signed in: sees what anyone sees
    merchants: list[Merchant] = queries.merchants_of(user) if user else []
    at_desk = user is not None and queries.is_at_desk(user, row.market)
    takes = bool(merchants) or (user is not None and queries.is_at_desk(user))
    places = queries.places_of(user, row.market) if user and merchants else []
    if refusal is None and takes:
        refusal = _standing_in_the_way(row, places, merchants, at_desk=at_desk)
    return {
        "row": row,
        "tag": standing(row),
        "picture": picture(row.reward),
        "takes": takes,
        "can_take": takes and row.is_usable and refusal is None,
        "refusal": refusal,
        "places": places,
        "name": queries.name_masked(row.redemption.user) if takes else "",
    }


def _standing_in_the_way(
    row: VoucherRow,
    places: list[tuple[object, Merchant]],
    merchants: list[Merchant],
    *,
    at_desk: bool,
) -> Sentence | None:
    """What `accept_voucher` or `hand_over` would say no with, so that the page says it first."""
    if row.is_goods and not at_desk:
        return sentence(RewardsRefused("desk_only", market=row.market))
    if not row.is_goods and not merchants:
        return sentence(RewardsRefused("merchants_only", market=row.market))
    if not row.is_goods and not places:
        return sentence(RewardsRefused("other_market", market=row.market))
    voucher = row.voucher
    match row.standing:
        case "used":
            ours = voucher.used_by in merchants
            return sentence(RewardsRefused("used", at=voucher.used_at, where=row.stall, by_us=ours))
        case "expired":
            return sentence(RewardsRefused("expired", until=voucher.valid_until))
        case "not_yet":
            return sentence(RewardsRefused("not_yet", from_day=voucher.valid_from))
        case "voided":
            return sentence(RewardsRefused("voided", at=voucher.voided_at, why=""))
    return None


@never_cache
@require_safe
def accepted(request: HttpRequest, token: str) -> HttpResponse:
    """It worked: how much, when, and on to the next. Only for whoever took it."""
    stopped = _stopped(request)
    if stopped is not None:
        return stopped
    row = queries.voucher_by_token(token)
    if row is None or row.voucher.accepted_by_id != request.user.pk:
        raise Http404
    context = {"row": row, "again": "again" in request.GET}
    return render(request, "rewards/accepted.html", context)
