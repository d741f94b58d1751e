"""What there is to help with, and the door to a place in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from volunteers import queries
from volunteers.actions import cancel_sign_up, sign_up
from volunteers.errors import VolunteersRefused
from volunteers.models import Activity
from volunteers.words import refused


@require_safe
def activities(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    days = queries.days_ahead(user=user)
    own = [row for day in days for row in day.rows if row.is_mine]
    return render(request, "volunteers/list.html", {"days": days, "own": own})


@require_safe
def detail(request: HttpRequest, activity_id: int) -> HttpResponse:
    row = queries.activity_for(activity_id, user=_user(request))
    if row is None:
        raise Http404
    return render(request, "volunteers/detail.html", {"row": row})


@login_required
def join(request: HttpRequest, activity_id: int) -> HttpResponse:
    """POST takes a place. GET is where signing in leads back to: it shows the activity."""
    if request.method != "POST":
        return redirect("volunteers:detail", activity_id)
    user = request.user
    assert isinstance(user, User)
    try:
        sign_up(activity_id=activity_id, user=user, by=user)
    except Activity.DoesNotExist:
        raise Http404 from None
    except VolunteersRefused as refusal:
        messages.error(request, refused(refusal))
    else:
        messages.success(request, _("You have a place. See you there!"))
    return redirect("volunteers:detail", activity_id)


@login_required
def leave(request: HttpRequest, activity_id: int) -> HttpResponse:
    """POST gives the place up."""
    if request.method != "POST":
        return redirect("volunteers:detail", activity_id)
    user = request.user
    assert isinstance(user, User)
    try:
        place = cancel_sign_up(activity_id=activity_id, user=user, by=user)
    except Activity.DoesNotExist:
        raise Http404 from None
    except VolunteersRefused as refusal:
        messages.error(request, refused(refusal))
    else:
        if place is not None:
            messages.info(request, _("Your place is free for somebody else now. Thank you."))
    return redirect("volunteers:detail", activity_id)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
