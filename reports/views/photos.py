"""Pictures by names that nobody guesses; originals only to who verifies."""

from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from accounts.access import staff_gate
from reports.files import picture_path
from reports.imaging.inspect import inspect
from reports.imaging.refusals import PhotoRefused
from reports.models import Draft, Photo
from reports.queries import draft_photos, is_manager
from reports.views.drafting import my_draft, person

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIC": "image/heic"}
SHOWN_BY_ALL = ("JPEG", "PNG", "WEBP")
YEAR = 365 * 24 * 60 * 60


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A processed JPEG. A name is given once and never again, so it may be kept for ever."""
    return _send(picture_path(name), "image/jpeg", cache=f"private, max-age={YEAR}, immutable")


@require_safe
def original(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """The file as it came, position and all: for the manager of that market only."""
    user = person(request)
    photo = Photo.objects.select_related("report").filter(pk=photo_id).first()
    if user is None or photo is None or photo.report is None:
        raise Http404
    if not is_manager(user, photo.report.market_id):
        raise Http404
    stopped = staff_gate(request)
    if stopped is not None:
        return stopped
    return _send(photo.original.name, _type_of(photo), cache="private, no-store")


@require_safe
def draft_photo(request: HttpRequest, key: UUID, slot: int) -> HttpResponseBase:
    """What a kept form holds, to who sent it: the picture, else the file, else a sign for it."""
    draft = next((found for form in Draft.Form if (found := my_draft(request, key, form))), None)
    photo = draft_photos(draft).get(slot)
    if photo is None:
        raise Http404
    if photo.status == Photo.Status.READY:
        return _send(photo.small.name, "image/jpeg", cache="private, no-store")
    kind = _type_of(photo)
    if kind in {TYPES[each] for each in SHOWN_BY_ALL}:
        return _send(photo.original.name, kind, cache="private, no-store")
    return HttpResponseRedirect(static("img/photo-received.svg"))


def _type_of(photo: Photo) -> str:
    try:
        with default_storage.open(photo.original.name) as file:
            return TYPES[inspect(_seekable(file)).format]
    except (PhotoRefused, FileNotFoundError):
        return "application/octet-stream"


def _seekable(file: Any) -> Any:
    return getattr(file, "file", file)


def _send(name: str, content_type: str, *, cache: str) -> HttpResponseBase:
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=content_type)
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response
