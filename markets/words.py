"""The sentences of the markets: hours, and why a code or a change was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from markets.clock import OpenNow
from markets.errors import MarketsRefused, StallRefused


@dataclass
class OpeningWords:
    """`state` is open, closed or unknown; `today` the day's hours, one line."""

    state: str
    now: str
    today: str


def opening_words(opening: OpenNow) -> OpeningWords:
    if not opening.has_hours:
        return OpeningWords("unknown", "", "")
    today = _(", ").join(
        f"{_clock(begin)}–{_clock(end, closing=True)}" for begin, end in opening.today
    )
    if opening.until is not None:
        now = _("Open now, until %(time)s") % {"time": _clock(opening.until, closing=True)}
        return OpeningWords("open", now, today)
    if opening.next_at is None:
        return OpeningWords("closed", _("Closed now"), today or _("Closed all day"))
    now = _("Closed now, opens %(when)s") % {"when": _when(opening.next_at)}
    return OpeningWords("closed", now, today or _("Closed all day"))


@dataclass
class RefusalWords:
    """What happened, what to do next, and where that is."""

    title: str
    text: str
    url: str
    action: str


def refusal_words(refusal: StallRefused, typed: str) -> RefusalWords:
    report = reverse("reports:new")
    if refusal.stall is None:
        return RefusalWords(
            _("There is no stall with this code"),
            _(
                "“%(code)s” leads to no stall. A code has 10 letters and digits: please compare it "
                "with the sticker, or report without it and choose the market yourself."
            )
            % {"code": typed[:20]},
            report,
            _("Report without a code"),
        )
    place = {"stall": refusal.stall.number, "market": refusal.stall.market.name}
    if refusal.moved_to is not None:
        place |= {"to": refusal.moved_to.number, "zone": str(refusal.moved_to.zone or "")}
        text = (
            _("You find it in %(market)s, %(zone)s, at stall %(to)s now. This sticker is old.")
            if place["zone"]
            else _("You find it in %(market)s at stall %(to)s now. This sticker is old.")
        )
        return RefusalWords(
            _("Stall %(stall)s has moved to %(to)s") % place,
            text % place,
            reverse("markets:scan", args=[refusal.in_use]) if refusal.in_use else report,
            _("Go to stall %(to)s") % place if refusal.in_use else _("Report a problem"),
        )
    if refusal.stall.closed_at is None:
        return RefusalWords(
            _("%(market)s is no longer in use") % place,
            _("Stall %(stall)s is closed with it. Problems elsewhere can be reported as before.")
            % place,
            report,
            _("Report a problem elsewhere"),
        )
    return RefusalWords(
        _("Stall %(stall)s is no longer in use") % place,
        _(
            "It was given up on %(day)s. If there is a problem at this place, report it "
            "without the stall and choose %(market)s."
        )
        % (place | {"day": format_date(timezone.localtime(refusal.stall.closed_at), _("F j, Y"))}),
        report,
        _("Report without a stall"),
    )


def change_refused(refusal: MarketsRefused) -> str:
    """One sentence for the desk: what happened, why, and what to do next."""
    params = refusal.params
    if refusal.code == "overlap":
        if "merchant" not in params:
            return _("Somebody else has just been given this stall. Please look at it again.")
        ends = params["last_day"]
        words = {
            "stall": params["stall"],
            "merchant": params["merchant"],
            "first": format_date(params["first_day"], "Y-m-d"),
            "last": format_date(ends, "Y-m-d") if ends else "",
        }
        if ends:
            return (
                _(
                    "Stall %(stall)s belongs to %(merchant)s from %(first)s to %(last)s. "
                    "Choose days after that, or end that tenancy first."
                )
                % words
            )
        return (
            _(
                "Stall %(stall)s belongs to %(merchant)s since %(first)s, with no end. "
                "End that tenancy first."
            )
            % words
        )
    if refusal.code == "already_ended":
        return _("This tenancy has already ended on %(day)s. An ended one is not made longer.") % {
            "day": format_date(params["last_day"], "Y-m-d")
        }
    if refusal.code == "no_tenancy":
        return _("Nobody has stall %(stall)s on %(day)s, so there is nobody to move.") % {
            "stall": params["stall"],
            "day": format_date(params["on"], "Y-m-d"),
        }
    if refusal.code == "bad_days":
        return _("The last day is before the first. Please choose a later day.")
    if refusal.code == "other_market":
        return _("Stall %(stall)s is in another market. Choose one of this market.") % {
            "stall": params["stall"]
        }
    if refusal.code == "same_stall":
        return _("That is the same stall. Choose another one.")
    return _("Stall %(stall)s has been given up. Choose a stall in use.") % {
        "stall": params.get("stall", "")
    }


def _clock(at: datetime, *, closing: bool = False) -> str:
    local = timezone.localtime(at)
    return "24:00" if closing and local.hour == local.minute == 0 else f"{local:%H:%M}"


def _when(at: datetime) -> str:
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        return _("today at %(time)s") % {"time": _clock(at)}
    if local.date() == today + timedelta(days=1):
        return _("tomorrow at %(time)s") % {"time": _clock(at)}
    if local.date() < today + timedelta(days=7):
        return _("%(day)s at %(time)s") % {"day": WEEKDAYS[local.weekday()], "time": _clock(at)}
    return _("%(day)s at %(time)s") % {
        "day": format_date(local, _("F j")),
        "time": _clock(at),
    }
