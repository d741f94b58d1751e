"""What the rewards room says no with."""

from typing import Any


class RewardsRefused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs.

    | code | params | when |
    |---|---|---|
    | unknown_reward | reward | no such reward |
    | not_offered | reward | not in this market, or not any more |
    | wrong_market | market | the tablet stands in another market |
    | price_changed | was, now | the page that was confirmed showed another price |
    | not_enough | have, need, missing | fewer points than it costs |
    | frozen | since | this account may not spend now |
    | sold_out | reward | nothing left in this market |
    | key_conflict | key | the confirmation was used for something else |
    | too_few_left | left, asked | a correction would take more than there is |
    | bad_units | units | not a whole number of units that makes sense |
    | mistyped | | eight digits whose check digit is wrong, or not eight digits |
    | unknown_voucher | | no such voucher |
    | too_many_tries | until | this person typed too many codes that don't exist |
    | used | at, where, by_us | accepted or handed over before |
    | expired | until | its last day has passed |
    | not_yet | from_day | its first day has not come |
    | voided | at, why | it was withdrawn |
    | other_market | market | the merchant has no stall in the voucher's market |
    | not_member | | the person doesn't belong to that merchant |
    | not_allowed | market | the person has no such role in that market |
    | desk_only | market | goods are handed over at the service desk |
    | merchants_only | | the service desk can't take a voucher for money |
    | unknown_binding | | no tablet waits for this binding code, or it has run out |
    | kiosk_revoked | at | this tablet was taken out of use |
    | wrong_code | tries_left | no member code that is good now: unknown, used or run out |
    | kiosk_locked | until, seconds | too many wrong codes on this tablet |
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({words})" if words else self.code
