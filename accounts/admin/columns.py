"""Columns whose heading is said here: the field's own name is for programmers."""

from collections.abc import Callable
from typing import Any

from unfold.decorators import display


def column(field: str, heading: Any) -> Callable[[Any, Any], Any]:
    """A column of a list or a line of a page that shows the field under that heading."""

    @display(description=heading, ordering=None if field == "label" else field)
    def show(model_admin: Any, row: Any) -> Any:
        value = getattr(row, f"get_{field}_display", None)
        value = value() if value else getattr(row, field)
        return "-" if value in (None, "") else value

    return show
