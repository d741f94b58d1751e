"""`/me/reports/`: everything one has reported."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.queries import mine as reports_of
from reports.queries.lists import pair
from reports.queries.page import TONES, picture
from reports.states import State


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated
    page = Paginator(reports_of(request.user), 20).get_page(request.GET.get("page"))
    rows = [
        {
            "report": report,
            "thumb": picture(shown).url if (shown := pair(report)[0]) else "",
            "words": State(report.state).label,
            "tone": TONES[State(report.state)],
        }
        for report in page
    ]
    return render(request, "reports/mine.html", {"page": page, "rows": rows})
