"""Reads: what a member of staff is in charge of, and who has which number."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from accounts.crypto import keyed_hash
from accounts.models import MemberCode, Sms, StaffRole, User
from accounts.states import Role

_CACHE = "_roles_held"


def user_by_phone(phone: str) -> User | None:
    """The person who has that E.164 number, verified or not."""
    return User.objects.filter(phone_hash=keyed_hash(phone, purpose="phone")).first()


def roles_of(user: User) -> tuple[StaffRole, ...]:
    """The roles held, with their market, department or district. One query per user object."""
    if not user.is_authenticated or not user.is_active:
        return ()
    held: tuple[StaffRole, ...] | None = getattr(user, _CACHE, None)
    if held is None:
        rows = StaffRole.objects.filter(user_id=user.pk)
        held = tuple(rows.select_related("market", "department", "district").order_by("pk"))
        setattr(user, _CACHE, held)
    return held


def forget_roles(user: User) -> None:
    """Let the next look read the roles again, after they were changed."""
    user.__dict__.pop(_CACHE, None)


def is_staff_member(user: User) -> bool:
    """Whether staff doors concern this person at all: then a strong session is asked for."""
    return user.is_authenticated and (user.is_superuser or user.is_staff or bool(roles_of(user)))


def markets_of(user: User, *, among: Collection[Role] = tuple(Role)) -> set[int]:
    """Ids of the markets whose manager or service desk clerk the person is; all for a superuser.

    `among` keeps it, here and below, to what is held by one of these roles.
    """
    return _scoped(user, "market", {Role.MANAGER, Role.CLERK}.intersection(among))


def departments_of(user: User, *, among: Collection[Role] = tuple(Role)) -> set[int]:
    """Ids of the departments whose handler the person is; all for a superuser."""
    return _scoped(user, "department", {Role.HANDLER}.intersection(among))


def districts_of(user: User, *, among: Collection[Role] = tuple(Role)) -> set[int]:
    """Ids of the districts which the person supervises; all for a superuser.

    A seat in a committee opens appeals (`has_role`), not the district's records.
    """
    return _scoped(user, "district", {Role.SUPERVISOR}.intersection(among))


def _scoped(user: User, scope: str, roles: Collection[Role]) -> set[int]:
    if user.is_authenticated and user.is_active and user.is_superuser:
        everything: Any = StaffRole._meta.get_field(scope).related_model
        return set(everything._base_manager.values_list("pk", flat=True))
    return {getattr(held, f"{scope}_id") for held in roles_of(user) if held.role in roles}


def has_role(
    user: User,
    role: Role,
    *,
    market: Model | int | None = None,
    department: Model | int | None = None,
    district: Model | int | None = None,
) -> bool:
    """Whether the person holds that role, and for that thing where one is named. Superusers do."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return True
    asked = {"market": market, "department": department, "district": district}
    wanted = {
        f"{name}_id": of.pk if isinstance(of, Model) else of
        for name, of in asked.items()
        if of is not None
    }
    return any(
        held.role == role and all(getattr(held, name) == pk for name, pk in wanted.items())
        for held in roles_of(user)
    )


def current_member_code(user: User, *, at_least: timedelta = timedelta(0)) -> MemberCode | None:
    """The unused code that is good for at least that long from now."""
    return (
        MemberCode.objects.filter(user=user, used_at=None, expires_at__gt=timezone.now() + at_least)
        .order_by("-expires_at")
        .first()
    )


def latest_sms(limit: int = 20) -> list[Sms]:
    """The newest messages, for the development page."""
    return list(Sms.objects.order_by("-created_at", "-pk")[:limit])


def code_is_stale(sms: Sms) -> bool:
    """Whether a sign-in code has outlived its use, so that sending it could only confuse."""
    age = timezone.now() - sms.created_at
    return sms.kind == Sms.Kind.CODE and age > timedelta(seconds=settings.CODE_VALID_SECONDS)
