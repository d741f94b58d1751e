"""The sentences of refusals."""

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _

from volunteers.errors import VolunteersRefused


def refused(refusal: VolunteersRefused) -> str:
    """What happened, why, and what to do next."""
    if refusal.code == "full":
        return _(
            "All %(places)s places are taken, the last one a moment ago. "
            "Look in again: a place that is given up can be taken at once."
        ) % {"places": refusal.params["places"]}
    if refusal.code == "fewer_than_taken":
        return _(
            "%(taken)s people have a place already, so there cannot be only %(places)s places."
        ) % {"taken": refusal.params["taken"], "places": refusal.params["places"]}
    if refusal.code == "started":
        return _(
            "This activity began at %(time)s, so places can no longer be taken or given up here. "
            "Please speak to the organiser at the meeting point."
        ) % {"time": _time(refusal.params["starts_at"])}
    return _("This activity ended at %(time)s. Please choose another one.") % {
        "time": _time(refusal.params["ends_at"])
    }


def _time(at: object) -> str:
    return format_date(timezone.localtime(at), _("F j, H:i"))  # type: ignore[arg-type]
