"""Which tablet this is, and who stands at it."""

from datetime import datetime

from django.utils import timezone

from accounts.crypto import keyed_hash
from rewards.models import KioskDevice, KioskVisit


def device_of(token: str) -> KioskDevice | None:
    """The tablet that holds this token, also one that was revoked: it is told so."""
    if not token:
        return None
    return (
        KioskDevice.objects.filter(token_hash=keyed_hash(token, purpose="kiosk"))
        .select_related("market__district__programme")
        .first()
    )


def visit_of(device: KioskDevice, token: str, *, at: datetime | None = None) -> KioskVisit | None:
    """The visit under way on this tablet by this token; None when it has ended or timed out."""
    if not token:
        return None
    return (
        KioskVisit.objects.filter(
            token_hash=keyed_hash(token, purpose="kiosk-visit"),
            device=device,
            ended_at=None,
            expires_at__gt=at or timezone.now(),
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )
