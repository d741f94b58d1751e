"""The sentences for this room's refusals: what happened, why, and what to do next."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rewards.errors import RewardsRefused


class Sentence(NamedTuple):
    """`title` says what happened, `text` what to do next."""

    title: str
    text: str


def when(at: datetime) -> str:
    """The time of day today; with its date on any other day."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, _("F j, H:i"))


def sentence(refused: RewardsRefused) -> Sentence:
    """What a resident, a merchant or the desk is told."""
    given = refused.params
    match refused.code:
        case "used":
            return _used(refused)
        case "not_enough":
            return not_enough(given["missing"])
        case "price_changed":
            return Sentence(
                _("The price has changed: it is %(now)s points now, not %(was)s.") % given,
                _("Nothing was taken from you. Please confirm again if you still want it."),
            )
        case "expired":
            return Sentence(
                _("This voucher ran out on %(day)s.")
                % {"day": date_format(given["until"], _("F j, Y"))},
                _("It can't be used any more. Questions are answered at the service desk."),
            )
        case "not_yet":
            return Sentence(
                _("This voucher is not valid before %(day)s.")
                % {"day": date_format(given["from_day"], _("F j, Y"))},
                _("Please come back on that day."),
            )
        case "voided":
            return Sentence(
                _("This voucher was withdrawn on %(when)s.") % {"when": when(given["at"])},
                _("It can't be used. The points went back to its owner."),
            )
        case "other_market":
            return Sentence(
                _("This voucher is for %(market)s, where you have no stall today.") % given,
                _("Please don't take it. Its owner can use it in that market."),
            )
        case "desk_only":
            return Sentence(
                _("This one is for goods, not for money."),
                _("They are handed over at the service desk of %(market)s.") % given,
            )
        case "merchants_only":
            return Sentence(
                _("This voucher is for money."),
                _("Merchants of %(market)s take it, not the service desk.") % given,
            )
        case "too_many_tries":
            return Sentence(
                _("That were too many codes that don't exist."),
                _("For safety you can go on at %(when)s. Scanning the QR code avoids mistakes.")
                % {"when": when(given["until"])},
            )
        case "wrong_code":
            return wrong_code(given["tries_left"])
        case "kiosk_locked":
            return locked(given["seconds"])
    title, text = _plain()[refused.code]
    return Sentence(title, text)


def _plain() -> dict[str, tuple[str, str]]:
    """Sentences that need nothing filled in."""
    return {
        "unknown_reward": (
            _("We don't know this reward."),
            _("Please choose another one from the list."),
        ),
        "not_offered": (
            _("This reward is not offered here any more."),
            _("Nothing was taken from you. Please choose another one."),
        ),
        "wrong_market": (
            _("This reward belongs to another market."),
            _("Nothing was taken from you. Please choose from the list of this market."),
        ),
        "sold_out": (
            _("Sorry, the last one has just gone."),
            _("Nothing was taken from you. Please choose another one, or come back another day."),
        ),
        "frozen": (
            _("Your points can't be spent at the moment, because something is being checked."),
            _("They are not lost. The service desk can tell you more."),
        ),
        "key_conflict": (
            _("This page was already used for something else."),
            _("Nothing more was taken from you. Please begin again from the list."),
        ),
        "mistyped": (
            _("That is not a valid code. It was probably mistyped."),
            _("Please look at the eight digits again, or scan the QR code."),
        ),
        "unknown_voucher": (
            _("There is no such voucher."),
            _("Please look at the eight digits again. Don't take it if they are right."),
        ),
        "not_member": (
            _("You can't accept vouchers for this merchant."),
            _("Its owner can add you as a shop assistant."),
        ),
        "not_allowed": (
            _("This is done at the service desk of that market."),
            _("Please send its owner there."),
        ),
        "unknown_binding": (
            _("This binding code is not valid, or its ten minutes are over."),
            _("Please ask the market's manager for a new one, and type it here."),
        ),
        "kiosk_mistyped": (
            _("The member code has eight digits."),
            _("Please look at your phone and type all eight."),
        ),
        "timed_out": (
            _("The last visit has ended, and this screen was cleared."),
            _("If you were not finished, please begin again with a new code. Nothing was lost."),
        ),
    }


def desk_sentence(refused: RewardsRefused) -> str:
    """The same in one line, for staff."""
    match refused.code:
        case "too_few_left":
            return _("Only %(left)s are left; %(asked)s can't be taken out.") % refused.params
        case "bad_units":
            return _("A delivery is more than zero; a correction is not zero.")
        case "kiosk_revoked":
            return _("This tablet was taken out of use. Please add it anew.")
    return " ".join(sentence(refused))


def plain(code: str) -> Sentence | None:
    """The sentence of a code that needs nothing filled in."""
    found = _plain().get(code)
    return Sentence(*found) if found else None


def not_enough(missing: int) -> Sentence:
    return Sentence(
        ngettext(
            "You need %(count)s more point for this.",
            "You need %(count)s more points for this.",
            missing,
        )
        % {"count": missing},
        _("Reporting a problem or helping as a volunteer earns points."),
    )


def wrong_code(tries_left: int) -> Sentence:
    return Sentence(
        _("This code is not right, or its time is over."),
        ngettext(
            "Your phone shows a new one every two minutes. Please type the one you see now. "
            "%(count)s more try.",
            "Your phone shows a new one every two minutes. Please type the one you see now. "
            "%(count)s more tries.",
            tries_left,
        )
        % {"count": tries_left},
    )


def locked(seconds: int) -> Sentence:
    return Sentence(
        _("Too many wrong codes on this tablet."),
        ngettext(
            "Please wait %(count)s second, then try again. The service desk is glad to help.",
            "Please wait %(count)s seconds, then try again. The service desk is glad to help.",
            seconds,
        )
        % {"count": seconds},
    )


def _used(refused: RewardsRefused) -> Sentence:
    at, where = refused.params["at"], refused.params["where"]
    given = {"when": when(at), "stall": where}
    if where is None:
        title = _("This was handed over at the service desk at %(when)s.") % given
    elif refused.params["by_us"]:
        title = _("This voucher was accepted by you at %(when)s, at stall %(stall)s.") % given
    else:
        title = _("This voucher was used at %(when)s at stall %(stall)s.") % given
    return Sentence(title, _("Each voucher counts once. Please don't take it again."))
