"""The states of a report and the one table of allowed moves, in the words of the timeline."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    SUBMITTED = "submitted", _("Waiting for acceptance")  # 待受理
    ACCEPTED = "accepted", _("Accepted")  # 已受理
    REFUSED = "refused", _("Not accepted")  # 不予受理
    DISPATCHED = "dispatched", _("Dispatched")  # 已派单
    IN_PROGRESS = "in_progress", _("Being fixed")  # 处置中
    CHECKING = "checking", _("Waiting for the check")  # 待核查
    CLOSED = "closed", _("Closed")  # 已办结


class Verb(models.TextChoices):
    """What was done. One verb may leave the state as it is (a photo added)."""

    SUBMIT = "submit", _("Report received")
    ADD_PHOTO = "add_photo", _("Photo added")
    ACCEPT = "accept", _("Verified and accepted")
    REFUSE = "refuse", _("Not accepted")
    DISPATCH = "dispatch", _("Dispatched")
    TAKE = "take", _("Taken on")
    FINISH = "finish", _("Fixed, with a photo")
    REDO = "redo", _("Sent back to be fixed again")
    CLOSE = "close", _("Checked and closed")


# (verb, state before) → state after. What is not here is not allowed.
MOVES: dict[tuple[str, str], str] = {
    (Verb.SUBMIT, ""): State.SUBMITTED,
    (Verb.ADD_PHOTO, State.SUBMITTED): State.SUBMITTED,
    (Verb.ADD_PHOTO, State.ACCEPTED): State.ACCEPTED,
    (Verb.ADD_PHOTO, State.CHECKING): State.CHECKING,  # the fixer's, when theirs cannot be read
    (Verb.ACCEPT, State.SUBMITTED): State.ACCEPTED,
    (Verb.REFUSE, State.SUBMITTED): State.REFUSED,
    (Verb.DISPATCH, State.ACCEPTED): State.DISPATCHED,
    (Verb.TAKE, State.DISPATCHED): State.IN_PROGRESS,
    (Verb.FINISH, State.IN_PROGRESS): State.CHECKING,
    (Verb.REDO, State.CHECKING): State.IN_PROGRESS,
    (Verb.CLOSE, State.CHECKING): State.CLOSED,
}

# A report is open while somebody still has to do something about it.
OPEN = (State.SUBMITTED, State.ACCEPTED, State.DISPATCHED, State.IN_PROGRESS, State.CHECKING)
# From here on it has a department.
WITH_DEPARTMENT = (State.DISPATCHED, State.IN_PROGRESS, State.CHECKING, State.CLOSED)
