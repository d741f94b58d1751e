"""A handler takes an order on and finishes it with a photo."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from config.wake import wake
from reports import bells
from reports.actions.moving import first_with_key, lock_report, move, refusal
from reports.actions.photos import attach, forget, lock_draft
from reports.errors import OrderRefused
from reports.files import NewPhoto, Stored, stored
from reports.models import Order, Report, ReportMove
from reports.queries.photos import after_photos
from reports.queries.rights import is_handler
from reports.states import State, Verb


@transaction.atomic
def take_order(*, order_id: int, by: User) -> Order:
    """Grab it, or accept what was assigned to one. Locks the report; one of two at once wins.

    Taking one's own again changes nothing. Refused: unknown_order, other_department, ended,
    taken (by, at), assigned (by), already, not_allowed.
    """
    report, order = _lock(order_id, by)
    if order.handler is not None and order.handler_id != by.pk:
        if order.taken_at is None:
            raise OrderRefused("assigned", by=order.handler.label)
        raise OrderRefused("taken", by=order.handler.label, at=order.taken_at)
    if order.taken_at is not None:
        return order
    step = move(report, Verb.TAKE, by=by)
    order.handler, order.taken_at = by, step.at
    order.save(update_fields=["handler", "taken_at"])
    return order


def finish_order(
    *,
    key: UUID,
    order_id: int,
    by: User,
    words: str = "",
    photo: NewPhoto | None = None,
    draft_id: UUID | None = None,
) -> ReportMove:
    """Fixed: with a photo that passed inspection, new or from the draft. Locks the report.

    The same key again returns the first step. Refused: unknown_order, other_department, ended,
    not_taken, taken, after_needed, key_taken, storage, already, not_allowed.
    """
    with stored([photo]) as files, transaction.atomic():
        report, order = _lock(order_id, by)
        first = first_with_key(key, by=by, report_id=report.pk)
        if first:
            return first
        _judge_fixer(order, by)
        step = move(report, Verb.FINISH, by=by, why=words.strip(), key=key)
        _take_photo(step, by=by, files=files, draft_id=draft_id)
        order.finished_at = step.at
        order.save(update_fields=["finished_at"])
        files.keep()
        return step


def add_after_photo(
    *,
    key: UUID,
    order_id: int,
    by: User,
    photo: NewPhoto | None = None,
    draft_id: UUID | None = None,
) -> ReportMove:
    """Another after-photo where the one that was sent cannot be read. Locks the report.

    Refused: as finish_order; not_allowed too while a readable one is there.
    """
    with stored([photo]) as files, transaction.atomic():
        report, order = _lock(order_id, by)
        first = first_with_key(key, by=by, report_id=report.pk)
        if first:
            return first
        _judge_fixer(order, by)
        if report.state != State.CHECKING:
            raise refusal(report, Verb.ADD_PHOTO)
        if not all(each.unreadable for each in after_photos(report)):
            raise OrderRefused("too_many_photos", limit=1)
        step = move(report, Verb.ADD_PHOTO, by=by, key=key)
        _take_photo(step, by=by, files=files, draft_id=draft_id)
        files.keep()
        return step


def _lock(order_id: int, by: User) -> tuple[Report, Order]:
    """The report's lock guards its orders too; the order is read after it."""
    report_id = Order.objects.filter(pk=order_id).values_list("report", flat=True).first()
    if report_id is None:
        raise OrderRefused("unknown_order")
    report = lock_report(report_id)
    order = Order.objects.select_related("handler").get(pk=order_id)
    if not is_handler(by, order.department_id):
        raise OrderRefused("other_department")
    if order.ended_at is not None:
        raise OrderRefused("ended")
    return report, order


def _judge_fixer(order: Order, by: User) -> None:
    if order.taken_at is None or order.handler is None:
        raise OrderRefused("not_taken")
    if order.handler_id != by.pk:
        raise OrderRefused("taken", by=order.handler.label, at=order.taken_at)


def _take_photo(step: ReportMove, *, by: User, files: Stored, draft_id: UUID | None) -> None:
    """One after-photo: the file, or else what the draft kept."""
    draft = lock_draft(draft_id, by=by)
    old = list(draft.photos.all()) if draft else []
    kept = [] if files else [each for each in old if not each.unreadable][:1]
    if not files and not kept:
        raise OrderRefused("after_needed")
    attach(step, by=by, kept=kept, files=files)
    forget(draft, [each for each in old if each not in kept])
    wake(bells.PHOTOS)
