"""The face of the city: one button, what was fixed, what it is worth."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from pages import queries
from pages.words import earning_lines, span, took, worth_line

MARKET = "market"  # cookie and parameter: the code of the market a person looks at
A_YEAR = 60 * 60 * 24 * 365


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get(MARKET, "")
    page = queries.home(asked or request.COOKIES.get(MARKET, ""))
    median = page.figures.median_hours if page.figures else None
    context: dict[str, Any] = {
        "page": page,
        "fixed_rows": [(fixed, took(fixed.hours)) for fixed in page.fixed],
        "usual": span(median) if median is not None else None,
        "earn_lines": earning_lines(page.earning) if page.earning else [],
        "worth": worth_line(page.offers, page.earning) if page.earning else "",
    }
    user = request.user
    if isinstance(user, User) and page.market is not None:
        programme = page.market.district.programme
        context["balances"] = queries.balances(user, otherwise=programme)
        context["latest"] = queries.latest_report(user)
    response = render(request, "pages/home.html", context)
    if asked and page.market is not None and page.market.code == asked:
        response.set_cookie(MARKET, asked, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response
