"""Come in as somebody, the short way: tests of other rooms need not walk through sign-in.

`tests/accounts/` walks through it properly.
"""

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.actions import set_totp_secret
from accounts.crypto import decrypt, keyed_hash
from accounts.models import Sms, User

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sign_in(client: Client, user: User, *, strong: bool = True) -> Client:
    """Sign in; staff with their second factor given, unless `strong` is off."""
    client.force_login(user)
    if strong and (user.is_staff or user.roles.exists()):
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            set_totp_secret(user=user, secret=TOTP_SECRET)
        session = client.session
        now = time.time()
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "password", "at": now},
            {"method": "mfa", "at": now, "type": "totp"},
        ]
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
    return client


def signed_in(user: User, *, strong: bool = True) -> Client:
    """A new browser in which that person is signed in."""
    return sign_in(Client(), user, strong=strong)


def code_sent_to(phone: str) -> str:
    """The six digits of the newest message to that number, sent or still due."""
    sms = Sms.objects.filter(phone_hash=keyed_hash(phone, purpose="phone")).latest("created_at")
    assert sms.body_cipher is not None
    return "".join(letter for letter in decrypt(sms.body_cipher) if letter.isdigit())[:6]


def totp_now(secret: str = TOTP_SECRET, *, step: int = 0) -> str:
    """The TOTP code of this half minute (or of `step` half minutes later)."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))
