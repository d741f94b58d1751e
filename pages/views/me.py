"""A person's own page: what they have, what dies next, and the way to everything of theirs."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from pages import queries
from pages.views.home import MARKET
from volunteers.queries import mine as my_places


@require_safe
@login_required
def me(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    market, _markets = queries.choose_market(request.COOKIES.get(MARKET, ""))
    context = {
        "balances": queries.balances(user, otherwise=market.district.programme if market else None),
        "latest": queries.latest_report(user),
        "place": my_places(user).first(),
        "doors": queries.doors(user),
    }
    return render(request, "pages/me.html", context)
