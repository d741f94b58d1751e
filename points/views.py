"""The resident's own points."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from points import queries
from points.holders import person
from points.models import Programme

PER_PAGE = 30


@require_safe
@login_required
def statement(request: HttpRequest) -> HttpResponse:
    """/me/points/: what they have, what dies next, and every row; ?before=ID pages back."""
    before = _whole_number(request.GET.get("before"))
    assert request.user.pk is not None
    holder = person(request.user.pk)
    programmes = queries.programmes_for(holder)
    programme = _chosen(programmes, request.GET.get("programme"))
    rows: list[queries.StatementRow] = []
    balance, honour, expiring = 0, 0, None
    if programme is not None:
        rows = queries.statement(holder, programme, before_id=before, limit=PER_PAGE + 1)
        balance = queries.available(holder, programme)
        honour = queries.honour(holder, programme)
        expiring = queries.expiring_next(holder, programme)
    return render(
        request,
        "points/statement.html",
        {
            "programmes": programmes,
            "programme": programme,
            "balance": balance,
            "honour": honour,
            "expiring": expiring,
            "rows": rows[:PER_PAGE],
            "older": rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None,
            "is_first_page": before is None,
        },
    )


def _whole_number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


def _chosen(programmes: list[Programme], code: str | None) -> Programme | None:
    if code is None:
        return programmes[0] if programmes else None
    for programme in programmes:
        if programme.code == code:
            return programme
    raise Http404
