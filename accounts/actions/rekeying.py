"""Moving personal data to a new PII_KEY."""

from collections.abc import Iterator

from django.db import transaction

from accounts.crypto import encrypt, keyed_hash
from accounts.models import User

BATCH = 500


def rekey_phones() -> Iterator[int]:
    """Encrypt every number with the present key and find it by the present hash; yields counts.

    The old key must stand in PII_OLD_KEYS. Locks 500 people at a time, ascending by id; may be
    stopped and started again. Kiosk tokens are hashed with the key too and are not kept in
    clear: tablets must be bound anew.
    """
    last = 0
    while True:
        with transaction.atomic():
            people = list(
                User.objects.select_for_update(no_key=True)
                .filter(pk__gt=last, phone_cipher__isnull=False)
                .order_by("pk")[:BATCH]
            )
            if not people:
                return
            for person in people:
                phone = person.phone
                assert phone is not None
                person.phone_cipher = encrypt(phone)
                person.phone_hash = keyed_hash(phone, purpose="phone")
                person.save(update_fields=["phone_cipher", "phone_hash"])
            last = people[-1].pk
        yield len(people)
