"""What the markets say no with."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markets.models import Stall


class MarketsRefused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs.

    | code | params | when |
    |---|---|---|
    | stall_closed | stall | a given-up stall gets no new code and no new tenant |
    | overlap | stall, merchant, first_day, last_day | somebody has the stall on one of these days |
    | bad_days | first_day, last_day | the last day is before the first |
    | already_ended | last_day | the tenancy ended before the day asked for |
    | same_stall | stall | moving from a stall to itself |
    | no_tenancy | stall, on | nobody has the stall on that day |
    | other_market | stall, market | moving to a stall of another market |
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)


class StallRefused(Exception):
    """A code that does not lead to a stall in use.

    | code | stall | moved_to | what it means |
    |---|---|---|---|
    | unknown | None | None | no such code, or mistyped |
    | replaced | the stall, still in use | None | an old sticker: may go on, by `in_use` |
    | closed | the stall | None | the stall was given up, or the whole market is |
    | moved | the stall | where to | the stall stands elsewhere now, whose code is `in_use` |
    """

    def __init__(
        self,
        code: str,
        *,
        stall: "Stall | None" = None,
        moved_to: "Stall | None" = None,
        in_use: str = "",
    ) -> None:
        self.code = code
        self.stall = stall
        self.moved_to = moved_to
        self.in_use = in_use
        super().__init__(code)
