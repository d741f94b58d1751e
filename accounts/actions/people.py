"""A person comes with a telephone number, proves it, and goes again if they never did."""

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils import timezone

from accounts.crypto import encrypt, keyed_hash
from accounts.models import MemberCode, Sms, User
from accounts.queries import user_by_phone

UNVERIFIED_FOR = timedelta(days=1)
SMS_KEPT_FOR = timedelta(days=30)
MEMBER_CODES_KEPT_FOR = timedelta(days=1)
BATCH = 500


def register_phone(*, phone: str) -> User:
    """The person with that E.164 number; a new, unverified one where there is none yet.

    Two at once with one new number get the same person.
    """
    person = user_by_phone(phone)
    if person is not None:
        return person
    try:
        with transaction.atomic():
            return User.objects.create_user(None, None, **_phone_fields(phone))
    except IntegrityError:
        return User.objects.get(phone_hash=keyed_hash(phone, purpose="phone"))


def _phone_fields(phone: str) -> dict[str, object]:
    return {
        "phone_hash": keyed_hash(phone, purpose="phone"),
        "phone_cipher": encrypt(phone),
        "phone_last4": phone[-4:],
    }


@transaction.atomic
def set_phone(*, user: User, phone: str, verified: bool) -> None:
    """Give a person that E.164 number. Locks the person; IntegrityError if another has it."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    fields = _phone_fields(phone) | {"phone_verified_at": timezone.now() if verified else None}
    for name, value in fields.items():
        setattr(locked, name, value)
        setattr(user, name, value)
    locked.save(update_fields=list(fields))


def mark_phone_verified(*, user: User) -> None:
    """Note that the person proved to hold their number; the first time counts."""
    now = timezone.now()
    if User.objects.filter(pk=user.pk, phone_verified_at=None).update(phone_verified_at=now):
        user.phone_verified_at = now


def purge_unverified() -> dict[str, int]:
    """Delete who never proved a number within a day and left nothing, and outlived messages.

    Works in batches under row locks; whoever has any row that names them is left alone, be it
    protected or not, so nothing of another room can vanish with a person.
    """
    now = timezone.now()
    gone = 0
    candidates = User.objects.filter(
        username=None,
        phone_verified_at=None,
        last_login=None,
        is_active=True,
        date_joined__lt=now - UNVERIFIED_FOR,
    ).filter(*_nothing_attached())
    last_id = 0
    while True:
        with transaction.atomic():
            ids = list(
                candidates.filter(pk__gt=last_id)
                .order_by("pk")
                .select_for_update(of=("self",), skip_locked=True)
                .values_list("pk", flat=True)[:BATCH]
            )
            if not ids:
                break
            last_id = ids[-1]
            gone += _delete(ids)
    messages, _rows = Sms.objects.filter(
        created_at__lt=now - SMS_KEPT_FOR, due_at=None, stuck_at=None
    ).delete()
    codes, _rows = MemberCode.objects.filter(expires_at__lt=now - MEMBER_CODES_KEPT_FOR).delete()
    return {"people": gone, "messages": messages, "codes": codes}


def _nothing_attached() -> list[models.Q]:
    """No row of any table names the person; also where the relation has no name backwards."""
    return [
        ~models.Q(
            Exists(
                relation.related_model._base_manager.filter(  # type: ignore[union-attr]
                    **{relation.field.name: OuterRef("pk")}  # type: ignore[union-attr]
                )
            )
        )
        for relation in User._meta.get_fields(include_hidden=True)
        if relation.auto_created and (relation.one_to_many or relation.one_to_one)
    ]


def _delete(ids: list[int]) -> int:
    """Delete the batch; where something was attached in between, one by one, leaving that one."""
    try:
        with transaction.atomic():
            User.objects.filter(pk__in=ids).delete()
        return len(ids)
    except (ProtectedError, IntegrityError):
        if len(ids) == 1:
            return 0
        return sum(_delete([each]) for each in ids)
