"""What the doors that receive photos share: whose a draft is, and the slots as they stand."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from reports import actions
from reports.errors import ReportRefused
from reports.models import Draft, Photo
from reports.queries import draft_for, draft_photos
from reports.uploads import ONE_MORE, Slot, Uploads
from reports.words import photo_sentence, sentence

SESSION_KEY = "drafts"
REMEMBERED = 10


class SlotRow(NamedTuple):
    """One slot ready for templates/reports/_slot.html."""

    number: int
    name: str
    label: str
    hint: str
    error: str
    kept: str


def person(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def a_uuid(text: Any) -> UUID | None:
    """The UUID in the text, or None."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def remembered(request: HttpRequest) -> list[str]:
    """Keys of the drafts that this browser made."""
    keys = request.session.get(SESSION_KEY)
    return keys if isinstance(keys, list) else []


def my_draft(request: HttpRequest, key: UUID | None, form: str) -> Draft | None:
    """The draft of that form if this person or browser made it."""
    if key is None:
        return None
    draft = draft_for(key, user=person(request), remembered=remembered(request))
    return draft if draft and draft.form == form else None


def keep(
    request: HttpRequest,
    key: UUID,
    *,
    form: str,
    fields: Mapping[str, Any],
    uploads: Uploads,
) -> tuple[UUID, str]:
    """Keep a form that cannot go through yet. Returns its key, and what went wrong in words.

    A key that is another's is replaced by a new one; a full disk still keeps the words.
    """
    known = remembered(request)
    refused = {str(slot): code for slot, code in uploads.refused.items()}
    values = dict(fields) | {"refused": refused, "too_many": uploads.too_many}
    photos, problem = uploads.good, ""
    for _try in range(3):
        try:
            actions.save_draft(
                key=key,
                by=person(request),
                fields=values,
                photos=photos,
                form=form,
                known=str(key) in known,
            )
            break
        except ReportRefused as refusal:
            if refusal.code in ("storage", "sign_in_first"):
                photos, problem = [], sentence(refusal)
                values["problem"] = refusal.code
            else:
                key = uuid4()
    request.session[SESSION_KEY] = [*(each for each in known if each != str(key)), str(key)][
        -REMEMBERED:
    ]
    return key, problem


def refused_before(draft: Draft | None) -> dict[int, str]:
    """Which slots were refused when the draft was kept."""
    codes = draft.fields.get("refused") if draft else None
    return {int(slot): code for slot, code in codes.items()} if isinstance(codes, dict) else {}


def slot_rows(
    slots: Sequence[Slot], draft: Draft | None, refused: Mapping[int, str]
) -> list[SlotRow]:
    """The slots with what is in them. One statement."""
    photos = draft_photos(draft)
    rows = []
    for slot in slots:
        photo = photos.get(slot.number)
        failed = photo is not None and photo.unreadable
        code = (photo.refusal or "unreadable") if photo and failed else refused.get(slot.number, "")
        kept = ""
        if photo and draft and not failed:
            kept = reverse("reports:draft_photo", args=[draft.pk, slot.number])
        label, hint = _label(slot)
        rows.append(
            SlotRow(slot.number, slot.name, label, hint, photo_sentence(code) if code else "", kept)
        )
    return rows


def has_photo(draft: Draft | None, uploads: Uploads) -> bool:
    """Whether one photo is there that may be readable."""
    return bool(uploads.good) or any(not photo.unreadable for photo in draft_photos(draft).values())


def _label(slot: Slot) -> tuple[str, str]:
    if slot.kind == Photo.Kind.NEAR:
        return _("Close-up"), _("so that the problem is clear")
    if slot.kind == Photo.Kind.WIDE:
        return _("From further away"), _("so that the place is clear")
    if slot.kind == Photo.Kind.AFTER:
        return _("After the fix"), _("from the same spot as before")
    return _("Another photo"), _("if it helps") if slot not in ONE_MORE else ""
