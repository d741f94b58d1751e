"""What reports say no with. The words for people are in reports/words.py."""

from typing import Any


class ReportRefused(Exception):
    """A refusal with a stable `code`; `params` hold what a sentence about it needs.

    | code | params | when |
    |---|---|---|
    | unknown_report | | no such report |
    | not_yours | | the market is not in this person's charge, or the report not theirs |
    | own_report | | nobody verifies, refuses, dispatches or closes what they reported themselves |
    | own_fix | | an urgent fix is checked by somebody else than the one who fixed it |
    | already | verb, by, at | that step was done before |
    | not_allowed | verb, state | the step is not in MOVES for this state |
    | why_needed | | a reason must be given |
    | key_taken | | the form's key belongs to another person's report |
    | photo_needed | | at least one photo |
    | too_many_photos | limit | more photos than allowed |
    | bad_photo | slot, reason | a photo is refused, by a code of reports.imaging |
    | storage | | the photos could not be stored now |
    | words_too_long | limit | |
    | category_unknown | | no such type, or not in use, or an upper level |
    | stall_needed | | the type needs a stall |
    | stall_elsewhere | stall, market | the stall is not in that market |
    | stall_closed, stall_moved | stall, moved_to | the stall was given up or stands elsewhere |
    | market_closed | market | the market is no longer in use |
    | before_missing, after_missing | | closing needs a readable photo of before and after |
    | photos_pending | | the photos are still being prepared |
    | award_failed | reason | the ledger refused the points, by a code of points.errors |
    | sign_in_first | | too many kept forms of people not signed in: no photos for now |
    | draft_gone | | the kept form is no longer there |
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({words})" if words else self.code


class DispatchRefused(ReportRefused):
    """A report that cannot be given to anybody.

    | code | params | when |
    |---|---|---|
    | no_rule | market, category | no rule fits: the report waits to be dispatched by hand |
    | broken_rule | rule, what | the rule that fits names what cannot be: department, handler |
    | wrong_department | department | it is not of this district or market |
    | wrong_handler | handler, department | the person does not work for that department |
    | handler_needed | | an assigned order names its handler |
    """


class OrderRefused(ReportRefused):
    """An order that this person cannot take on or finish.

    | code | params | when |
    |---|---|---|
    | unknown_order | | no such order |
    | other_department | | the order is another department's |
    | taken | by, at | somebody else was faster |
    | assigned | by | it was given to another handler |
    | not_taken | | it must be taken on before it is finished |
    | ended | | the order is over |
    | after_needed | | a fix needs a photo |
    """
