"""The roles a member of staff can hold, and what each is tied to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    MANAGER = "manager", _("Market manager")
    CLERK = "clerk", _("Service desk clerk")
    HANDLER = "handler", _("Handler")
    SUPERVISOR = "supervisor", _("District supervisor")
    COMMITTEE = "committee", _("Committee member")


# Role → the one thing it is tied to.
SCOPE = {
    Role.MANAGER: "market",
    Role.CLERK: "market",
    Role.HANDLER: "department",
    Role.SUPERVISOR: "district",
    Role.COMMITTEE: "district",
}
