"""The sentences for this room's refusals: what happened, and what to do next."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.errors import PhoneRefused, SmsRefused, StaffRefused


def phone_sentence(refused: PhoneRefused) -> str:
    """What is wrong with a number that was typed."""
    return {
        "letters": _(
            "A phone number has only digits. Please look at it again, for example 138 0013 8000."
        ),
        "too_short": _("This number is too short. A mobile number has 11 digits."),
        "too_long": _("This number is too long. A mobile number has 11 digits."),
        "landline": _(
            "This looks like a landline, which cannot receive text messages. "
            "Please give a mobile number."
        ),
        "foreign": _(
            "Only mobile numbers of the Chinese mainland (+86) can receive our codes so far. "
            "Without one, the market's service desk will help you."
        ),
        "unknown_range": _(
            "No mobile number begins like this. Please look at the first three digits again."
        ),
    }[refused.code]


def sms_sentence(refused: SmsRefused) -> str:
    """Why no code was sent, and when it may be asked for again."""
    seconds = int(refused.params["seconds"])
    if refused.code == "too_soon":
        return ngettext(
            "A code was sent a moment ago. Another can be sent in %(count)s second.",
            "A code was sent a moment ago. Another can be sent in %(count)s seconds.",
            seconds,
        ) % {"count": seconds}
    again = timezone.localtime() + timedelta(seconds=seconds)
    if refused.code == "too_many_hour":
        minutes = -(-seconds // 60)
        return ngettext(
            "This number has had many codes within the hour. Please try again in %(count)s minute.",
            "This number has had many codes within the hour. "
            "Please try again in %(count)s minutes.",
            minutes,
        ) % {"count": minutes}
    if refused.code == "too_many_day":
        return _(
            "This number has had as many codes as it can in one day. "
            "Please try again after %(when)s, or ask at the market's service desk."
        ) % {"when": date_format(again, _("F j, H:i"))}
    return _(
        "We have sent as many text messages as we can today. "
        "Please try again tomorrow, or ask at the market's service desk."
    )


def staff_sentence(refused: StaffRefused) -> str:
    """Why a change to staff was not made."""
    return {
        "weak_password": _(
            "This password is too easy to guess. Take at least 12 characters, nothing common, "
            "and nothing like the user name."
        ),
        "not_allowed": _("This is not in your charge. Ask a supervisor of that district."),
        "wrong_scope": _("Choose exactly the market, department or district this role is for."),
        "username_taken": _("Somebody already has this user name. Please choose another."),
        "inactive": _("This account is closed."),
        "no_reason": _("Say why you need to see the number."),
        "no_number": _("This person has no phone number."),
        "no_username": _("This person signs in with a phone and has no password."),
        "bad_secret": _("This is not a TOTP key."),
    }[refused.code]
