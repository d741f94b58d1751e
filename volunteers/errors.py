"""What the volunteers' room says no with."""

from typing import Any


class VolunteersRefused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs.

    | code | params | when |
    |---|---|---|
    | full | places | every place is taken |
    | started | starts_at | signing up or giving up after the start |
    | ended | ends_at | the activity is over |
    | fewer_than_taken | taken, places | an activity cannot shrink below who signed up |
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)
