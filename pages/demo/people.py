"""Residents, merchants and staff of the demo city."""

import random

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.actions import set_totp_secret
from accounts.crypto import encrypt, keyed_hash
from accounts.models import StaffRole, User
from accounts.states import Role
from pages.demo import data


class People:
    """Makes people with numbers in a row, so that the same person has the same number anywhere."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._next = 1
        # Hashed once: forty staff at a third of a second each would be half of the demo's time.
        self._password = make_password(data.PASSWORD)

    def _person(self, nickname: str) -> User:
        phone = data.PHONE.format(self._next)
        self._next += 1
        return User(
            password=make_password(None),
            phone_hash=keyed_hash(phone, purpose="phone"),
            phone_cipher=encrypt(phone),
            phone_last4=phone[-4:],
            phone_verified_at=timezone.now(),
            nickname=nickname,
        )

    def residents(self, count: int) -> list[User]:
        """The first is 李女士, whom the story is about."""
        names = ["李女士"] + [
            self._rng.choice(data.SURNAMES) + self._rng.choice(data.NICKNAMES)
            for _each in range(count - 1)
        ]
        return User.objects.bulk_create([self._person(name) for name in names])

    def merchants(self, count: int) -> list[User]:
        return User.objects.bulk_create(
            [self._person(self._rng.choice(data.SURNAMES) + "老板") for _each in range(count)]
        )

    def staff(self, username: str, role: Role, *, called: str = "", **scope: object) -> User:
        user = User.objects.create(
            username=username, password=self._password, nickname=called, is_staff=True
        )
        StaffRole.objects.create(user=user, role=role, **scope)
        set_totp_secret(user=user, secret=data.TOTP_SECRET)
        return user
