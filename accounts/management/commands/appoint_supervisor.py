"""manage.py appoint_supervisor USERNAME [--district CODE]: the first of a new installation."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts import actions
from accounts.errors import StaffRefused
from accounts.models import StaffRole, User
from accounts.states import Role
from accounts.words import staff_sentence


class Command(BaseCommand):
    help = (
        "Make a member of staff, asking for the password: supervisor of a district, or of "
        "everything without one. The password may also come from STAFF_PASSWORD."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--district", metavar="CODE", help="the district's code")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        district = self._district(options["district"])
        user = User.objects.filter(username__iexact=username).first()
        try:
            if user is None:
                user = actions.create_staff(username=username, password=self._password(), by=None)
            if district is None:
                actions.make_superuser(user=user)
            else:
                actions.appoint(user=user, role=Role.SUPERVISOR, district=district, by=None)
        except StaffRefused as refused:
            raise CommandError(staff_sentence(refused)) from refused
        where = str(district) if district else _("everything")
        self.stdout.write(
            _("%(who)s now supervises %(where)s. The second step is set up at the first sign-in.")
            % {"who": user.username, "where": where}
        )

    def _district(self, code: str | None) -> Any:
        if code is None:
            return None
        # The district's table stands a floor above; it is reached by its name only.
        districts: Any = StaffRole._meta.get_field("district").related_model
        found = districts._base_manager.filter(code=code).first()
        if found is None:
            raise CommandError(_("There is no district with the code %(code)s.") % {"code": code})
        return found

    def _password(self) -> str:
        given = os.environ.get("STAFF_PASSWORD")
        if given:
            return given
        first = getpass.getpass(_("Password: "))
        if getpass.getpass(_("Once more: ")) != first:
            raise CommandError(_("The two were not the same."))
        return first
