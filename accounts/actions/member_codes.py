"""The eight digits by which a resident shows a kiosk or a clerk who they are."""

import secrets
import unicodedata
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import MemberCodeRefused
from accounts.models import MemberCode, User

VALID_FOR = timedelta(seconds=120)
TRIES = 5  # of a hundred million codes a few thousand live at a time: a second clash is rare


@transaction.atomic
def issue_member_code(*, user: User) -> MemberCode:
    """A new code, good for 120 seconds; earlier ones of that person end. Locks the person."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    now = timezone.now()
    MemberCode.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return MemberCode.objects.create(
                    user=user,
                    digits=f"{secrets.randbelow(10**8):08d}",
                    created_at=now,
                    expires_at=now + VALID_FOR,
                )
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def redeem_member_code(*, digits: str) -> User:
    """The person whose code this is; it is used up by that. Locks the code.

    Raises MemberCodeRefused. Its `code` tells why to logs and tests; what a guesser is told must
    be one sentence for all of them.
    """
    bare = "".join(unicodedata.normalize("NFKC", digits).split()).replace("-", "")
    code = (
        MemberCode.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(digits=bare)
        .first()
    )
    if code is None or not code.user.is_active:
        raise MemberCodeRefused("unknown")
    now = timezone.now()
    if code.used_at is not None:
        raise MemberCodeRefused("used")
    if code.expires_at <= now:
        raise MemberCodeRefused("expired")
    code.used_at = now
    code.save(update_fields=["used_at"])
    return code.user
