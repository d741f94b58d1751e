"""Changes of who stands where. Locks: stalls by ascending id, then their tenancies."""

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from accounts.models import User
from markets.errors import MarketsRefused
from markets.models import Merchant, MerchantMember, Stall, StallCode, Tenancy

DAY = timedelta(days=1)


def replace_code(*, stall_id: int, by: User, seen: str = "") -> StallCode:
    """Give the stall a new code; the old sticker goes on saying that it was replaced.

    `seen` is the code that the person was looking at: when it is no longer the one in use,
    somebody else (or the first of two taps) has replaced it, and that one is returned.
    Locks the stall. Raises MarketsRefused: stall_closed.
    """
    with transaction.atomic():
        stall = _lock_stalls(stall_id)[stall_id]
        _refuse_closed(stall)
        old = stall.codes.filter(replaced_at=None).first()
        if old is not None and seen and old.code != seen:
            return old
        if old is not None:
            old.replaced_at = timezone.now()
            old.save(update_fields=["replaced_at"])
        return StallCode.objects.create(stall=stall)


def start_tenancy(
    *,
    stall_id: int,
    merchant_id: int,
    first_day: date,
    by: User,
    last_day: date | None = None,
) -> Tenancy:
    """Let a merchant have the stall from the first day through the last (default: open end).

    The same again returns the first. Locks the stall. Raises MarketsRefused: stall_closed,
    bad_days, overlap.
    """
    if last_day is not None and last_day < first_day:
        raise MarketsRefused("bad_days", first_day=first_day, last_day=last_day)
    days = DateRange(first_day, last_day + DAY if last_day else None)
    with transaction.atomic():
        stall = _lock_stalls(stall_id)[stall_id]
        _refuse_closed(stall)
        taken = stall.tenancies.filter(days__overlap=days).select_related("merchant").first()
        if taken is not None:
            if taken.merchant_id == merchant_id and taken.days == days:
                return taken
            raise _overlap(stall, taken)
        tenancy = Tenancy(stall=stall, merchant_id=merchant_id, days=days)
        _sign(tenancy, by)
        try:
            with transaction.atomic():
                tenancy.save(force_insert=True)
        except IntegrityError as error:
            # Only a writer that does not lock the stall gets as far as the constraint.
            if "one_tenant_a_day" not in str(error):
                raise
            raise MarketsRefused("overlap", stall=stall) from error
        return tenancy


def end_tenancy(*, tenancy_id: int, last_day: date, by: User) -> Tenancy:
    """Make `last_day` the last day of the tenancy. The same again changes nothing.

    Locks the stall, then the tenancy. Raises MarketsRefused: bad_days, already_ended.
    """
    with transaction.atomic():
        stall_id = Tenancy.objects.values_list("stall_id", flat=True).get(pk=tenancy_id)
        _lock_stalls(stall_id)
        tenancy = Tenancy.objects.select_for_update().get(pk=tenancy_id)
        return _end(tenancy, last_day, by)


def move_merchant(*, stall_id: int, to_stall_id: int, on: date, by: User) -> Tenancy:
    """From that day on the stall's merchant stands at another stall of the same market.

    Locks both stalls. Raises MarketsRefused: same_stall, other_market, no_tenancy, stall_closed,
    overlap.
    """
    if stall_id == to_stall_id:
        raise MarketsRefused("same_stall", stall=Stall.objects.get(pk=stall_id))
    with transaction.atomic():
        stalls = _lock_stalls(stall_id, to_stall_id)
        return _move(stalls[stall_id], stalls[to_stall_id], on, by)


def give_up_stall(*, stall_id: int, by: User, moved_to_id: int | None = None) -> Stall:
    """Close a stall as of now, or say where it stands from today on; its merchant goes along.

    Without a new place the tenancy ends today. The same again changes nothing. Locks the
    stall(s). Raises MarketsRefused: same_stall, other_market, stall_closed, overlap.
    """
    if stall_id == moved_to_id:
        raise MarketsRefused("same_stall", stall=Stall.objects.get(pk=stall_id))
    today = timezone.localdate()
    with transaction.atomic():
        stalls = _lock_stalls(*(each for each in (stall_id, moved_to_id) if each))
        stall = stalls[stall_id]
        if stall.closed_at is not None and stall.moved_to_id == moved_to_id:
            return stall
        _refuse_closed(stall)
        tenancy = _tenancy_on(stall, today)
        if moved_to_id is not None:
            _refuse_place(stall, stalls[moved_to_id])
            if tenancy is not None:
                _move(stall, stalls[moved_to_id], today, by)
            stall.moved_to = stalls[moved_to_id]
        elif tenancy is not None:
            _end(tenancy, today, by)
        stall.closed_at = timezone.now()
        _sign(stall, by)
        stall.save(update_fields=["closed_at", "moved_to"])
        return stall


def add_merchant(*, merchant: Merchant, stall_id: int, first_day: date, by: User) -> Merchant:
    """Enter a new merchant together with its first stall, so that it belongs to a market.

    Locks the stall. Raises MarketsRefused as start_tenancy does.
    """
    with transaction.atomic():
        _sign(merchant, by)
        merchant.save(force_insert=True)
        start_tenancy(stall_id=stall_id, merchant_id=merchant.pk, first_day=first_day, by=by)
        return merchant


def add_member(*, merchant_id: int, user: User, role: str, by: User) -> MerchantMember:
    """Let a person act for the merchant, or give them another role; the same again is fine.

    Locks the merchant.
    """
    with transaction.atomic():
        merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
        member, new = MerchantMember.objects.get_or_create(
            merchant=merchant, user=user, defaults={"role": role}
        )
        if not new and member.role != role:
            member.role = role
            member.save(update_fields=["role"])
        _remember(merchant, by, f"+ {user}")
        return member


def remove_member(*, merchant_id: int, user: User, by: User) -> None:
    """Let the person no longer act for the merchant; the same again is fine. Locks the merchant."""
    with transaction.atomic():
        merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
        deleted, _rows = MerchantMember.objects.filter(merchant=merchant, user=user).delete()
        if deleted:
            _remember(merchant, by, f"- {user}")


def _remember(merchant: Merchant, by: User, reason: str) -> None:
    """Members have no history of their own: who was let in or out is told by the merchant's."""
    _sign(merchant, by, reason)
    merchant.save(update_fields=["name"])


def _sign(row: Any, by: User, reason: str = "") -> None:
    """Name who did it in the row's history; in a request it would be found, elsewhere not."""
    row._history_user = by
    if reason:
        row._change_reason = reason[:100]


def _lock_stalls(*ids: int) -> dict[int, Stall]:
    """By ascending id: two people who swap two stalls wait for each other only in one order."""
    rows = Stall.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    found = {stall.pk: stall for stall in rows}
    if len(found) != len(set(ids)):
        raise Stall.DoesNotExist
    return found


def _refuse_closed(stall: Stall) -> None:
    if stall.closed_at is not None or stall.moved_to_id is not None:
        raise MarketsRefused("stall_closed", stall=stall)


def _refuse_place(stall: Stall, place: Stall) -> None:
    if stall.market_id != place.market_id:
        raise MarketsRefused("other_market", stall=place, market=stall.market)
    _refuse_closed(place)


def _tenancy_on(stall: Stall, day: date) -> Tenancy | None:
    return stall.tenancies.select_for_update().filter(days__contains=day).first()


def _move(stall: Stall, place: Stall, on: date, by: User) -> Tenancy:
    """Both stalls are locked."""
    _refuse_place(stall, place)
    tenancy = _tenancy_on(stall, on)
    if tenancy is None:
        raise MarketsRefused("no_tenancy", stall=stall, on=on)
    last_day = tenancy.last_day
    if tenancy.days.lower == on:
        # It never stood at the old stall: the row itself moves, its history says so.
        taken = place.tenancies.filter(days__overlap=tenancy.days).first()
        if taken is not None:
            raise _overlap(place, taken)
        tenancy.stall = place
        _sign(tenancy, by)
        tenancy.save(update_fields=["stall"])
        return tenancy
    _end(tenancy, on - DAY, by)
    return start_tenancy(
        stall_id=place.pk,
        merchant_id=tenancy.merchant_id,
        first_day=on,
        last_day=last_day,
        by=by,
    )


def _end(tenancy: Tenancy, last_day: date, by: User) -> Tenancy:
    days = tenancy.days
    if days.lower is not None and last_day < days.lower:
        raise MarketsRefused("bad_days", first_day=days.lower, last_day=last_day)
    if days.upper is not None and days.upper <= last_day + DAY:
        if days.upper == last_day + DAY:
            return tenancy
        raise MarketsRefused("already_ended", last_day=days.upper - DAY)
    tenancy.days = DateRange(days.lower, last_day + DAY)
    _sign(tenancy, by)
    tenancy.save(update_fields=["days"])
    return tenancy


def _overlap(stall: Stall, taken: Tenancy) -> MarketsRefused:
    return MarketsRefused(
        "overlap",
        stall=stall,
        merchant=taken.merchant,
        first_day=taken.first_day,
        last_day=taken.last_day,
    )
