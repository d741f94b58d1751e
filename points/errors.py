"""What the ledger says no with."""

from typing import Any


class PointsRefused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs.

    | code | params | when |
    |---|---|---|
    | bad_points | points | not a whole positive number of points, or a rule that takes away |
    | unknown_rule | rule | the programme has no rule of that code |
    | rule_not_in_force | rule, on | it has, but no version is in force on that day |
    | not_enough | have, need | fewer unexpired points than asked for |
    | frozen | since | the account may not spend now |
    | source_conflict | source, reason, first, asked | this source already paid otherwise |
    | key_conflict | key, first, asked | the key was used before with other content |
    | unknown_transfer | transfer | no such transfer |
    | not_refundable | transfer, kind | only what was spent can be refunded |
    | already_refunded | transfer, by_transfer | it was refunded before |
    | not_reversible | transfer, kind | only an award can be reversed |
    | already_reversed | transfer, by_transfer | it was reversed before |
    | award_expired | transfer, expired_on | the award's points have already died |
    | nothing_left | transfer | everything was spent, nothing can be taken back |
    | unknown_account | holder | freezing an account that was never opened |
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({words})" if words else self.code
