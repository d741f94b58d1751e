"""What this room says no with. The door chooses the words (accounts.words)."""

from typing import Any


class Refused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)


class PhoneRefused(Refused):
    """`letters`, `too_short`, `too_long`, `landline`, `foreign`, `unknown_range`."""


class SmsRefused(Refused):
    """`too_soon`, `too_many_hour`, `too_many_day`, `budget`; `seconds` to wait."""


class StaffRefused(Refused):
    """`not_allowed`, `wrong_scope`, `username_taken`, `weak_password`, `bad_secret`,
    `inactive`, `no_reason`, `no_number`, `no_username`."""


class MemberCodeRefused(Refused):
    """`unknown`, `expired`, `used`. For logs and tests: a door says one sentence for all three."""


class CannotSend(Exception):
    """The message could not be handed to the provider; `final` when trying again cannot help."""

    def __init__(self, words: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(words)
