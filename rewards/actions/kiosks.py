"""Tablets and the visits to them. docs/locking.md names the locks."""

import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.actions import redeem_member_code
from accounts.crypto import keyed_hash
from accounts.errors import MemberCodeRefused
from accounts.models import MemberCode
from markets.models import ALPHABET, Market
from markets.queries import normalise_code
from rewards.digits import LENGTH, read_typed
from rewards.errors import RewardsRefused
from rewards.models import KioskDevice, KioskVisit

if TYPE_CHECKING:
    from accounts.models import User

# 39 bits for ten minutes: guessing it needs no limit, and a limit would be a way to stop others.
BINDING_LENGTH = 8
BINDING_VALID = timedelta(minutes=10)
MOST_WRONG = 5
LOCKED_FOR = timedelta(seconds=60)
# The page wipes itself 80 s after the last touch; the server waits a little longer.
VISIT_IDLE = timedelta(seconds=120)
VISIT_MOST = timedelta(minutes=15)
SAME_TYPING = timedelta(seconds=30)
SEEN_EVERY = timedelta(minutes=1)
_IN_ADDRESS = re.compile(r"code=([0-9]{8})(?![0-9])")


def make_kiosk(*, market: Market, name: str, by: "User") -> KioskDevice:
    """A tablet that is not bound yet; `issue_binding_code` comes next."""
    return KioskDevice.objects.create(market=market, name=name, issued_by=by)


@transaction.atomic
def issue_binding_code(*, device_id: int, by: "User", at: datetime | None = None) -> str:
    """A fresh code that binds one tablet, once, within ten minutes. Shown once, kept as a hash.

    Locks the tablet's row. A tablet that is bound stays so until the code is used on another.
    Refusal: kiosk_revoked.
    """
    device = KioskDevice.objects.select_for_update().get(pk=device_id)
    if device.revoked_at is not None:
        raise RewardsRefused("kiosk_revoked", at=device.revoked_at)
    code = "".join(secrets.choice(ALPHABET) for _each in range(BINDING_LENGTH))
    device.binding_hash = keyed_hash(code, purpose="kiosk-binding")
    device.binding_expires_at = (at or timezone.now()) + BINDING_VALID
    device.issued_by = by
    device.save(update_fields=["binding_hash", "binding_expires_at", "issued_by"])
    return code


@transaction.atomic
def bind_kiosk(*, code: str, at: datetime | None = None) -> tuple[KioskDevice, str]:
    """Bind the tablet that typed the code; its new token, which only the tablet keeps.

    Locks the tablet's row. Refusal: unknown_binding.
    """
    at = at or timezone.now()
    device = (
        KioskDevice.objects.select_for_update(of=("self",))
        .select_related("market")
        .filter(
            binding_hash=keyed_hash(normalise_code(code), purpose="kiosk-binding"),
            binding_expires_at__gt=at,
            revoked_at=None,
        )
        .first()
    )
    if device is None:
        raise RewardsRefused("unknown_binding")
    token = secrets.token_urlsafe(32)
    device.token_hash = keyed_hash(token, purpose="kiosk")
    device.binding_hash = device.binding_expires_at = device.locked_until = None
    device.bound_at = device.seen_at = at
    device.wrong_codes = 0
    device.save(
        update_fields=[
            "token_hash",
            "binding_hash",
            "binding_expires_at",
            "bound_at",
            "seen_at",
            "wrong_codes",
            "locked_until",
        ]
    )
    # Whoever stood at the tablet that had this place before is not known to the new one.
    KioskVisit.objects.filter(device=device, ended_at=None).update(ended_at=at)
    return device, token


@transaction.atomic
def revoke_kiosk(*, device_id: int, by: "User", at: datetime | None = None) -> KioskDevice:
    """Take a tablet out of use, for good; visits to it end. A second time changes nothing."""
    at = at or timezone.now()
    device = KioskDevice.objects.select_for_update().get(pk=device_id)
    if device.revoked_at is None:
        device.revoked_at, device.binding_hash = at, None
        device.save(update_fields=["revoked_at", "binding_hash"])
        KioskVisit.objects.filter(device=device, ended_at=None).update(ended_at=at)
    return device


def identify(
    *, device: KioskDevice, typed: str, at: datetime | None = None
) -> tuple[KioskVisit, str]:
    """Begin a visit by a resident's member code; the visit's token is for the tablet's cookie.

    Locks the tablet's row, so that guesses on one tablet go one after the other, then the
    member code. Ends the visit before. Refusals: kiosk_revoked, kiosk_locked (until, seconds),
    mistyped (not eight digits, not counted), wrong_code (tries_left).
    """
    at = at or timezone.now()
    digits = _member_digits(typed)
    refusal: RewardsRefused | None = None
    with transaction.atomic():
        device = KioskDevice.objects.select_for_update().get(pk=device.pk)
        if device.revoked_at is not None:
            raise RewardsRefused("kiosk_revoked", at=device.revoked_at)
        if device.locked_until is not None and device.locked_until > at:
            raise _locked_for(device.locked_until, at)
        if len(digits) != LENGTH:
            raise RewardsRefused("mistyped")
        try:
            user = redeem_member_code(digits=digits)
        except MemberCodeRefused as no:
            again = _same_typing(device, digits, at) if no.code == "used" else None
            if again is not None:
                return again
            device.wrong_codes += 1
            refusal = RewardsRefused("wrong_code", tries_left=MOST_WRONG - device.wrong_codes)
            if device.wrong_codes >= MOST_WRONG:
                device.wrong_codes, device.locked_until = 0, at + LOCKED_FOR
                refusal = _locked_for(device.locked_until, at)
            device.save(update_fields=["wrong_codes", "locked_until"])
        else:
            device.wrong_codes, device.locked_until = 0, None
            device.save(update_fields=["wrong_codes", "locked_until"])
            KioskVisit.objects.filter(device=device, ended_at=None).update(ended_at=at)
            token = secrets.token_urlsafe(32)
            visit = KioskVisit.objects.create(
                token_hash=keyed_hash(token, purpose="kiosk-visit"),
                device=device,
                user=user,
                started_at=at,
                expires_at=at + VISIT_IDLE,
            )
    if refusal is not None:  # after the commit, or the count would be rolled back with it
        raise refusal
    return visit, token


def prolong_visit(*, visit: KioskVisit, at: datetime | None = None) -> None:
    """Someone touched the tablet: the visit goes on, up to a quarter of an hour in all."""
    at = at or timezone.now()
    expires_at = min(at + VISIT_IDLE, visit.started_at + VISIT_MOST)
    KioskVisit.objects.filter(pk=visit.pk, ended_at=None).update(expires_at=expires_at)


def end_visit(*, visit: KioskVisit, at: datetime | None = None) -> None:
    """The person left. A second time changes nothing."""
    KioskVisit.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=at or timezone.now())


def note_alive(*, device: KioskDevice, at: datetime | None = None) -> None:
    """Remember that the tablet was heard of, at most once a minute."""
    at = at or timezone.now()
    if device.seen_at is None or device.seen_at + SEEN_EVERY <= at:
        KioskDevice.objects.filter(pk=device.pk).update(seen_at=at)


def _same_typing(device: KioskDevice, digits: str, at: datetime) -> tuple[KioskVisit, str] | None:
    """The visit that this code began here a moment ago: a double tap, or a lost answer."""
    code = MemberCode.objects.filter(digits=digits).first()
    visit = KioskVisit.objects.filter(device=device, ended_at=None).order_by("-id").first()
    if code is None or code.used_at is None or visit is None or visit.user_id != code.user_id:
        return None
    if at - visit.started_at > SAME_TYPING or code.used_at < visit.started_at - SAME_TYPING:
        return None
    token = secrets.token_urlsafe(32)
    visit.token_hash = keyed_hash(token, purpose="kiosk-visit")
    visit.save(update_fields=["token_hash"])
    return visit, token


def _member_digits(typed: str) -> str:
    """Eight digits, also where a scanner typed the address that the phone shows."""
    plain = read_typed(typed)
    if plain.isascii() and plain.isdigit():
        return plain
    found = _IN_ADDRESS.search(plain)
    return found.group(1) if found else ""


def _locked_for(until: datetime, at: datetime) -> RewardsRefused:
    seconds = max(1, int((until - at).total_seconds() + 0.999))
    return RewardsRefused("kiosk_locked", until=until, seconds=seconds)
