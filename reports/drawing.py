"""docs/states.md, drawn from the one table of moves, so that it cannot say anything else."""

from django.utils import translation

from reports.states import MOVES, OPEN, State, Verb

# Who does each step; the actions judge it.
WHO = {
    Verb.SUBMIT: "citizen · 市民",
    Verb.ADD_PHOTO: "reporter; the handler while it is checked · 上报人;核查时为处置人员",
    Verb.ACCEPT: "market manager · 市场管理员",
    Verb.REFUSE: "market manager, with a reason · 市场管理员,附原因",
    Verb.DISPATCH: "the rules, or the market manager by hand · 系统按规则,或市场管理员手工",
    Verb.TAKE: "handler of the department · 部门处置人员",
    Verb.FINISH: "that handler, with a photo · 接单的处置人员,附照片",
    Verb.REDO: "market manager, with a reason · 市场管理员,附原因",
    Verb.CLOSE: "market manager, with both photos; pays points · 市场管理员,前后照片齐全;发积分",
}
HEAD = """# States of a report

Drawn by `manage.py draw_states` from `reports/states.py`; a test holds this page to it.
What is not in the table is not allowed: the action refuses with `already` (it was done, by whom
and when) or `not_allowed` (the report is elsewhere by now). Every step writes one `ReportMove`
in the transaction that makes it.

Nobody accepts, refuses, dispatches, sends back or closes what they reported themselves.
"""


def states_page() -> str:
    """The page, in English with the Chinese words people see."""
    return "\n".join([HEAD, *_diagram(), "", *_moves(), "", *_states(), ""])


def _diagram() -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2"]
    for state in State:
        lines.append(f"    {state.value}: {_chinese(state)}")
    for (verb, before), after in MOVES.items():
        if before != after:
            lines.append(f"    {before or '[*]'} --> {after}: {Verb(verb).value}")
    lines += [f"    {state.value} --> [*]" for state in State if state not in OPEN]
    return [*lines, "```"]


def _moves() -> list[str]:
    lines = ["| step | from | to | by |", "|---|---|---|---|"]
    for (verb, before), after in MOVES.items():
        start = f"`{before}`" if before else "—"
        lines.append(
            f"| `{Verb(verb).value}` {_chinese(Verb(verb))} | {start} | `{after}`"
            f" | {WHO[Verb(verb)]} |"
        )
    return lines


def _states() -> list[str]:
    lines = ["| state | English | 中文 | open |", "|---|---|---|---|"]
    for state in State:
        with translation.override("en"):
            english = str(state.label)
        is_open = "yes" if state in OPEN else "no"
        lines.append(f"| `{state.value}` | {english} | {_chinese(state)} | {is_open} |")
    return lines


def _chinese(choice: State | Verb) -> str:
    with translation.override("zh-hans"):
        return str(choice.label)
