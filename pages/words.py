"""The sentences of the home page; their numbers come from the programme and the reports."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from pages.queries import Earning
from rewards.queries import Offer


def earning_lines(earning: Earning) -> list[str]:
    """How points are earned: by photo, and by the hour; what the programme does not give is left
    out."""
    lines = []
    if earning.report and earning.food_safety and earning.food_safety != earning.report:
        lines.append(
            _(
                "Take a photo of a problem. Once it is fixed you get %(report)s "
                "points, %(food)s for food safety."
            )
            % {"report": earning.report, "food": earning.food_safety}
        )
    elif earning.report:
        lines.append(
            ngettext(
                "Take a photo of a problem. Once it is fixed you get %(report)s point.",
                "Take a photo of a problem. Once it is fixed you get %(report)s points.",
                earning.report,
            )
            % {"report": earning.report}
        )
    if earning.hour:
        lines.append(
            ngettext(
                "Help as a volunteer: %(hour)s point for every hour.",
                "Help as a volunteer: %(hour)s points for every hour.",
                earning.hour,
            )
            % {"hour": earning.hour}
        )
    return lines


def worth_line(offers: list[Offer], earning: Earning) -> str:
    """What points are good for, and how long."""
    names = [
        _("%(points)s points for %(reward)s")
        % {"points": offer.reward.points, "reward": offer.reward.words}
        for offer in offers[:2]
    ]
    if not names:
        what = _("Swap points at the market for rice, oil or vouchers.")
    elif len(names) == 1:
        what = _("Swap them: %(first)s.") % {"first": names[0]}
    else:
        what = _("Swap them: %(first)s, %(second)s.") % {"first": names[0], "second": names[1]}
    if earning.months is None:
        return what
    return ngettext(
        "%(what)s They are good for %(months)s month.",
        "%(what)s They are good for %(months)s months.",
        earning.months,
    ) % {"what": what, "months": earning.months}


class Span(NamedTuple):
    """A length of time as one number and its unit."""

    value: str
    unit: str


def span(hours: float) -> Span:
    """Hours below two days, days above."""
    if hours < 48:
        shown = max(1, round(hours))
        return Span(str(shown), npgettext("unit", "hour", "hours", shown))
    shown = round(hours / 24)
    return Span(str(shown), npgettext("unit", "day", "days", shown))


def took(hours: float) -> str:
    """How long a fix took, in words."""
    if hours < 1:
        return _("fixed within the hour")
    length = span(hours)
    return _("fixed in %(value)s %(unit)s") % {"value": length.value, "unit": length.unit}
