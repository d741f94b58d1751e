"""Photos at the door: counted and cut off while they are read, then looked at by their content."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, BinaryIO, NamedTuple, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from reports.actions.photos import MAX_PHOTOS
from reports.files import NewPhoto
from reports.imaging.inspect import MAX_BYTES, inspect
from reports.imaging.refusals import PhotoRefused
from reports.models import Photo

# Four good photos, or four of which each is somewhat too large: all of it is read, so that the
# sentence reaches the person. Beyond that nobody is sending photos.
MAX_BODY = 200 * 1024 * 1024


class Slot(NamedTuple):
    """A place for one photo in a form."""

    number: int
    name: str
    kind: str


SLOTS = (
    Slot(0, "photo_near", Photo.Kind.NEAR),
    Slot(1, "photo_wide", Photo.Kind.WIDE),
    Slot(2, "photo_extra_1", Photo.Kind.EXTRA),
    Slot(3, "photo_extra_2", Photo.Kind.EXTRA),
)
ONE_MORE = (Slot(0, "photo", Photo.Kind.EXTRA),)
AFTER = (Slot(0, "photo", Photo.Kind.AFTER),)


class Uploads(NamedTuple):
    """`good` passed inspection; `refused` is slot → code; `too_many`: others were left out."""

    good: list[NewPhoto]
    refused: dict[int, str]
    too_many: bool


class Guard(FileUploadHandler):
    """Stops keeping a file once it is too large, and every file after the fourth.

    What is skipped is still read to its end, so that the browser hears the answer.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.too_large: list[str] = []
        self.begun = 0
        self.size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        # Not in new_file: there a skipped file would close the one before it.
        if self.size == 0:
            self.begun += 1
        self.size += len(raw_data)
        if self.begun > MAX_PHOTOS:
            raise SkipFile
        if self.size > MAX_BYTES:
            self.too_large.append(str(self.field_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason

    def is_foreign(self, request: HttpRequest) -> bool:
        """Whether another site's page sent it: browsers say so, and our own forms never do."""
        return "HTTP_ORIGIN" in request.META and not self._origin_verified(request)  # type: ignore[attr-defined]


def takes_photos(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that receive photos: they find `request.guard` and `request.vouched`.

    The token is checked here and not by the middleware, which would read the files first and,
    where another tab has signed in meanwhile, throw them away. An unvouched form must only
    become a draft, which its sender sees and sends again. What another site's page sends is refused
    as everywhere: its draft would bring a new session, and so sign the person out.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.vouched = True  # type: ignore[attr-defined]
        if request.method == "POST":
            if _length(request) > MAX_BODY:
                return render(request, "reports/too_large.html", status=413)
            request.guard = Guard(request)  # type: ignore[attr-defined]
            request.upload_handlers.insert(0, request.guard)  # type: ignore[attr-defined]
            check = _Csrf(lambda request: HttpResponse())
            check.process_request(request)
            reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
            if reason is not None and check.is_foreign(request):
                refused: HttpResponse = super(_Csrf, check)._reject(request, reason)  # type: ignore[misc]
                return refused
            request.vouched = reason is None  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return guarded


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def read_photos(request: HttpRequest, slots: Sequence[Slot] = SLOTS) -> Uploads:
    """The request's photos in their slots; one too many or in a strange field finds a free slot."""
    guard: Guard = request.guard  # type: ignore[attr-defined]
    by_name = {slot.name: slot for slot in slots}
    free = list(slots)
    good: list[NewPhoto] = []
    refused: dict[int, str] = {}
    too_many = guard.begun > min(MAX_PHOTOS, len(slots))

    def place(name: str) -> Slot | None:
        slot = by_name.get(name)
        if slot not in free:
            slot = free[0] if free else None
        if slot:
            free.remove(slot)
        return slot

    files = [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]
    # Those in their own place first, so that a stranger never takes it.
    for name, file in sorted(files, key=lambda each: each[0] not in by_name):
        slot = place(name)
        if slot is None:
            too_many = True
            continue
        try:
            inspect(cast("BinaryIO", file.file))
        except PhotoRefused as refusal:
            refused[slot.number] = refusal.code
        else:
            good.append(NewPhoto(slot.number, slot.kind, file))
    for name in guard.too_large:
        slot = place(name)
        if slot:
            refused[slot.number] = "too_large"
    return Uploads(good, refused, too_many)
