"""Every refusal of this room as a sentence: what happened, why, and what to do next."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from markets.errors import StallRefused
from reports.errors import ReportRefused
from reports.states import State, Verb

TAKES = 20  # MB a photo; said in words, kept by reports.imaging.inspect.MAX_BYTES


def moment(at: datetime | None) -> str:
    """A time as people say it: today 14:30, tomorrow 8:00, 23 November 8:00."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    today = timezone.localdate()
    clock = {"time": date_format(local, "H:i")}
    if local.date() == today:
        return _("today %(time)s") % clock
    if local.date() == today + timedelta(days=1):
        return _("tomorrow %(time)s") % clock
    if local.date() == today - timedelta(days=1):
        return _("yesterday %(time)s") % clock
    return date_format(local, _("N j, H:i"))


def photo_sentence(code: str) -> str:
    """Why this photo is not taken, and what to do; `code` is one of reports.imaging."""
    if code == "too_large":
        return _(
            "This photo is larger than 20 MB. Please choose another, or take it again "
            "(JPG, PNG, WebP or HEIC, at most 20 MB each)."
        )
    if code == "too_many_pixels":
        return _(
            "This photo has too many pixels (at most 50 million). Please take it again with the "
            "phone's ordinary camera."
        )
    if code == "empty":
        return _("This photo arrived empty. Please choose it again.")
    if code == "too_heavy":
        return _("This photo is too complicated to open. Please take it again.")
    return _(
        "The photo cannot be read. Please choose another "
        "(JPG, PNG, WebP or HEIC, at most 20 MB each)."
    )


def stall_sentence(refusal: StallRefused) -> str:
    """What a scanned code leads to when it is not a stall in use."""
    if refusal.code == "replaced":
        return _("The code on this stall has been replaced. You can go on with your report.")
    if refusal.code == "moved" and refusal.moved_to is not None:
        to = refusal.moved_to
        return _(
            "Stall %(old)s has moved to %(market)s %(new)s. If the problem is at the old place, "
            "choose the market below and leave the stall number empty."
        ) % {"old": refusal.stall, "market": to.market, "new": to.number}
    if refusal.code == "closed":
        return _(
            "Stall %(stall)s has been given up. Please choose the market below; "
            "you can still report the problem."
        ) % {"stall": refusal.stall}
    return _("We do not know this stall code. Please scan it again, or choose the market below.")


def sentence(refusal: ReportRefused) -> str:
    """The refusal in words; an unknown code still gets a sentence."""
    code, about = refusal.code, refusal.params
    if code == "already":
        return _already(about)
    if code == "not_allowed":
        return _not_allowed(about)
    if code == "bad_photo":
        return photo_sentence(about.get("reason", ""))
    if code == "broken_rule":
        return _broken_rule(about)
    words = _plain().get(code)
    if words is None:
        return _("That did not work. Please reload the page and try again.")
    return words % _shown(about) if about else words


def _shown(about: dict[str, Any]) -> dict[str, Any]:
    return {
        name: moment(value) if isinstance(value, datetime) else value
        for name, value in about.items()
    }


def _already(about: dict[str, Any]) -> str:
    step = str(Verb(about["verb"]).label)
    if not about.get("at"):
        return _("This step was done before. Please reload the page.")
    about = _shown(about) | {"step": step}
    if about.get("by"):
        return _("“%(step)s” was done by %(by)s at %(at)s. Nothing has been changed now.") % about
    return _("“%(step)s” was done at %(at)s. Nothing has been changed now.") % about


def _not_allowed(about: dict[str, Any]) -> str:
    state = str(State(about["state"]).label) if about.get("state") else ""
    about = _shown(about) | {"now": state}
    if about.get("by") and about.get("at"):
        return (
            _(
                "This report is now “%(now)s” (%(by)s, %(at)s), so this step is not possible "
                "any more. Please reload the page."
            )
            % about
        )
    return (
        _("This report is now “%(now)s”, so this step is not possible. Please reload the page.")
        % about
    )


def _broken_rule(about: dict[str, Any]) -> str:
    rule = about["rule"]
    if about["what"] == "handler":
        return _(
            "Dispatch rule #%(id)s names a handler who does not work for “%(department)s” "
            "any more. Please correct the rule, or dispatch by hand."
        ) % {"id": rule.pk, "department": rule.department}
    return _(
        "Dispatch rule #%(id)s names “%(department)s”, which does not work in this market. "
        "Please correct the rule, or dispatch by hand."
    ) % {"id": rule.pk, "department": rule.department}


def _plain() -> dict[str, str]:
    return {
        "unknown_report": _("There is no such report."),
        "not_yours": _("This report is not in your charge."),
        "own_report": _(
            "You reported this yourself, so somebody else has to decide about it. "
            "Please ask a colleague."
        ),
        "own_fix": _("You fixed this yourself. An urgent case has to be checked by somebody else."),
        "why_needed": _("Please give a reason; the reporter or the handler will read it."),
        "key_taken": _("This form was used by somebody else. Please press Send once more."),
        "photo_needed": _("Please add at least one photo: close up is best."),
        "too_many_photos": _("At most %(limit)s photos. The others were not taken."),
        "storage": _(
            "The photos cannot be stored right now. Please try again in a few minutes; "
            "your words are kept."
        ),
        "words_too_long": _("At most %(limit)s characters. Please shorten your words."),
        "category_unknown": _("Please choose what kind of problem it is."),
        "stall_needed": _("Please say at which stall: its number is on the sign above it."),
        "stall_elsewhere": _("%(market)s has no stall %(stall)s. Please look at the sign again."),
        "stall_closed": _(
            "Stall %(stall)s has been given up. Leave the stall number empty to report the place."
        ),
        "stall_moved": _(
            "Stall %(stall)s has moved to %(moved_to)s. Please report the new number, or leave "
            "it empty."
        ),
        "market_closed": _("%(market)s is no longer in use. Please choose another market."),
        "before_missing": _(
            "There is no readable photo of the problem, so it cannot be closed. "
            "Please ask the reporter for another."
        ),
        "after_missing": _(
            "There is no readable photo of the fix, so it cannot be closed. "
            "Please ask the handler for another, or send it back."
        ),
        "photos_pending": _("The photos are still being prepared. Please try again in a minute."),
        "award_failed": _(
            "The points could not be booked (%(reason)s), so nothing was closed. "
            "Please have the district look at the programme's rules."
        ),
        "sign_in_first": _(
            "Your words are kept, but not the photos: very many people are sending right now. "
            "Please choose the photos again."
        ),
        "draft_gone": _("What you had written is no longer kept (one day). Please start again."),
        "no_rule": _(
            "No dispatch rule fits %(market)s and “%(category)s”. Please dispatch by hand, "
            "or add a rule and try again."
        ),
        "wrong_department": _("“%(department)s” does not work in this market."),
        "wrong_handler": _("%(handler)s does not work for “%(department)s”."),
        "handler_needed": _("Please say who is to do it."),
        "unknown_order": _("There is no such order."),
        "other_department": _("This order is another department's."),
        "taken": _("%(by)s was faster and took this order on (%(at)s)."),
        "assigned": _("This order was given to %(by)s."),
        "not_taken": _("Please take this order on first."),
        "ended": _("This order is over."),
        "after_needed": _("Please add a photo that shows it fixed."),
    }
