"""Staff: who is made one, put in charge of what, and by whom. `by=None` is the command line."""

import base64
import binascii
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.errors import StaffRefused
from accounts.models import StaffRole, Unmasking, User
from accounts.queries import districts_of, forget_roles, has_role
from accounts.states import SCOPE, Role


def may_appoint(*, by: User | None, role: Role, scope: Any) -> bool:
    """Whether `by` may give or take that role for that market, department or district.

    Supervisors do it within their district; another supervisor is a superuser's to name.
    """
    if by is None or (by.is_active and by.is_superuser):
        return True
    if role == Role.SUPERVISOR:
        return False
    district_id = scope.pk if SCOPE[role] == "district" else scope.district_id
    return has_role(by, Role.SUPERVISOR, district=district_id)


@transaction.atomic
def appoint(
    *,
    user: User,
    role: Role,
    by: User | None,
    market: Any = None,
    department: Any = None,
    district: Any = None,
) -> StaffRole:
    """Put a person in charge of one market, department or district. Locks the person.

    The same again returns the first row. Raises StaffRefused.
    """
    given = {"market": market, "department": department, "district": district}
    scope = given[SCOPE[role]]
    if scope is None or sum(each is not None for each in given.values()) != 1:
        raise StaffRefused("wrong_scope", role=role)
    if not may_appoint(by=by, role=role, scope=scope):
        raise StaffRefused("not_allowed", role=role)
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not person.is_active:
        raise StaffRefused("inactive")
    held, _new = StaffRole.objects.get_or_create(user=person, role=role, **{SCOPE[role]: scope})
    if not person.is_staff:
        person.is_staff = user.is_staff = True
        person.save(update_fields=["is_staff"])
    forget_roles(user)
    return held


@transaction.atomic
def dismiss(*, role_id: int, by: User | None) -> None:
    """Take one role away; with the last one the person is staff no more. Locks the person."""
    held = StaffRole.objects.select_related("market", "department", "district").get(pk=role_id)
    scope = getattr(held, SCOPE[Role(held.role)])
    if not may_appoint(by=by, role=Role(held.role), scope=scope):
        raise StaffRefused("not_allowed", role=held.role)
    person = User.objects.select_for_update(no_key=True).get(pk=held.user_id)
    held.delete()
    if person.is_staff and not person.is_superuser and not person.roles.exists():
        person.is_staff = False
        person.save(update_fields=["is_staff"])


@transaction.atomic
def create_staff(*, username: str, password: str, by: User | None) -> User:
    """A person with a user name and a password, in charge of nothing yet. Raises StaffRefused."""
    if by is not None and not (by.is_active and (by.is_superuser or districts_of(by))):
        raise StaffRefused("not_allowed")
    username = username.strip()
    _judge_password(password, User(username=username))
    # Sign-in does not tell capitals apart, so neither may two names.
    if User.objects.filter(username__iexact=username).exists():
        raise StaffRefused("username_taken", username=username)
    try:
        with transaction.atomic():
            return User.objects.create_user(username, password, is_staff=True)
    except IntegrityError as error:
        raise StaffRefused("username_taken", username=username) from error


@transaction.atomic
def make_superuser(*, user: User) -> None:
    """Put a person in charge of everything. From the command line only. Locks the person."""
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    person.is_staff = person.is_superuser = True
    person.save(update_fields=["is_staff", "is_superuser"])
    user.is_staff = user.is_superuser = True
    forget_roles(user)


@transaction.atomic
def set_totp_secret(*, user: User, secret: str) -> None:
    """Give a person that TOTP secret (base32), in place of any before. Locks the person."""
    try:
        base64.b32decode(secret, casefold=True)
    except (binascii.Error, ValueError) as error:
        raise StaffRefused("bad_secret") from error
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(user, secret)


def _lock_in_charge_of(user: User, by: User) -> User:
    """The person, locked, if `by` is a superuser or supervises all that the person is in charge of.

    Nobody does it to themselves but a superuser.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    roles = list(person.roles.select_related("market", "department", "district"))
    in_charge = bool(roles) and all(
        may_appoint(by=by, role=Role(held.role), scope=getattr(held, SCOPE[Role(held.role)]))
        for held in roles
    )
    if not by.is_superuser and (person.is_superuser or person.pk == by.pk or not in_charge):
        raise StaffRefused("not_allowed")
    return person


@transaction.atomic
def reset_totp(*, user: User, by: User) -> None:
    """Take TOTP and recovery codes from someone who lost them; the next sign-in sets them up anew.

    Open sessions end: one of them may be on the lost phone. Locks the person. Raises StaffRefused.
    """
    person = _lock_in_charge_of(user, by)
    Authenticator.objects.filter(user=person).delete()
    _end_sessions(person)


def _end_sessions(person: User) -> None:
    """Needs the person's lock."""
    person.session_round += 1
    person.save(update_fields=["session_round"])


@transaction.atomic
def set_password(*, user: User, password: str, by: User) -> None:
    """Give a member of staff a new password; their open sessions end. Locks the person."""
    person = _lock_in_charge_of(user, by)
    if not person.username:
        raise StaffRefused("no_username")
    _judge_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])


@transaction.atomic
def set_active(*, user: User, active: bool, by: User) -> None:
    """Close an account, or open it again. A closed one's sessions end. Locks the person."""
    person = _lock_in_charge_of(user, by)
    if person.pk == by.pk:
        raise StaffRefused("not_allowed")
    if person.is_active != active:
        person.is_active = active
        person.save(update_fields=["is_active"])
        if not active:
            _end_sessions(person)


def _judge_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise StaffRefused("weak_password") from error


@transaction.atomic
def unmask_phone(*, user: User, by: User, why: str) -> str:
    """The number in clear, and a row that says who looked, when and why. Raises StaffRefused."""
    why = why.strip()
    if not why:
        raise StaffRefused("no_reason")
    if not (by.is_active and by.is_superuser):
        raise StaffRefused("not_allowed")
    number = user.phone
    if number is None:
        raise StaffRefused("no_number")
    Unmasking.objects.create(by=by, of=user, why=why[:200])
    return number
