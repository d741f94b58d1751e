"""Kept forms: shown again only to whoever sent them."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import User
from reports.models import Draft, Photo


def draft_for(key: UUID, *, user: User | None, remembered: Collection[str]) -> Draft | None:
    """The draft, when this person or this very browser made it. One statement."""
    draft = Draft.objects.filter(pk=key).first()
    if draft is None:
        return None
    if draft.user_id is not None:
        return draft if user is not None and draft.user_id == user.pk else None
    return draft if str(key) in remembered else None


def draft_photos(draft: Draft | None) -> dict[int, Photo]:
    """Its photos by slot."""
    if draft is None:
        return {}
    return {photo.slot: photo for photo in Photo.objects.filter(draft=draft)}
