"""Reads of the markets: who stands where, and what a stall's code says."""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone

from markets.errors import StallRefused
from markets.models import ALPHABET, Market, Merchant, Stall, StallCode, Tenancy, Zone

# Characters that no code has, and the one of the alphabet that was most likely meant.
LOOKALIKES = str.maketrans({"0": "Q", "O": "Q", "1": "7", "I": "J", "L": "J", "U": "W", "V": "Y"})
NOT_A_CODE = re.compile(r"[\s\-_.·]+")


class StallScan(NamedTuple):
    """What a scanned code leads to. `merchant` is today's, None where the stall stands empty."""

    code: str
    stall: Stall
    market: Market
    zone: Zone | None
    merchant: Merchant | None


def normalise_code(typed: str) -> str:
    """A code as it is stored: upper case, no spaces or dashes, look-alikes read as meant."""
    plain = NOT_A_CODE.sub("", unicodedata.normalize("NFKC", typed)).upper()
    return plain.translate(LOOKALIKES)


def find_stall(code: str) -> StallScan:
    """The stall of a code, with today's merchant. Three statements.

    Raises StallRefused: unknown, replaced (the stall is named and may be used on), closed, moved.
    """
    wanted = normalise_code(code)
    found = None
    # Checked by shape first: garbage never becomes a query.
    if len(wanted) == 10 and set(wanted) <= set(ALPHABET):
        found = (
            StallCode.objects.filter(code=wanted)
            .select_related("stall__market__district", "stall__zone", "stall__moved_to")
            .first()
        )
    if found is None:
        raise StallRefused("unknown")
    stall = found.stall
    if stall.moved_to is not None:
        place = last_place(stall)
        if place.closed_at is None and place.market.is_open:
            raise StallRefused("moved", stall=stall, moved_to=place, in_use=code_of(place))
        raise StallRefused("closed", stall=stall)
    if stall.closed_at is not None or not stall.market.is_open:
        raise StallRefused("closed", stall=stall)
    if found.replaced_at is not None:
        raise StallRefused("replaced", stall=stall, in_use=code_of(stall))
    return StallScan(found.code, stall, stall.market, stall.zone, merchant_of(stall))


def last_place(stall: Stall) -> Stall:
    """Where a stall that moved, perhaps more than once, stands now."""
    been = {stall.pk}
    while stall.moved_to_id and stall.moved_to_id not in been:
        been.add(stall.moved_to_id)
        stall = Stall.objects.select_related("market", "zone").get(pk=stall.moved_to_id)
    return stall


def code_of(stall: Stall) -> str:
    """The code that the stall carries now; empty where it has none."""
    return (
        StallCode.objects.filter(stall=stall, replaced_at=None)
        .values_list("code", flat=True)
        .first()
        or ""
    )


def public_address(code: str) -> str:
    """What the printed code opens. From the settings: a glued code must not follow a Host."""
    return settings.PUBLIC_ORIGIN.rstrip("/") + reverse("markets:scan", args=[code])


def merchant_of(stall: Stall, *, on: date | None = None) -> Merchant | None:
    """Who has the stall on that local day (default: today)."""
    day = on or timezone.localdate()
    tenancy = (
        Tenancy.objects.filter(stall=stall, days__contains=day).select_related("merchant").first()
    )
    return tenancy.merchant if tenancy else None


def markets_open() -> QuerySet[Market]:
    """The markets in use, with their districts."""
    return Market.objects.filter(is_open=True).select_related("district")


def stalls_of(market: Market) -> QuerySet[Stall]:
    """The market's stalls in use by zone and number, for a list to choose from."""
    return (
        Stall.objects.filter(market=market, closed_at=None, moved_to=None)
        .select_related("zone")
        .prefetch_related(
            Prefetch("codes", StallCode.objects.filter(replaced_at=None), to_attr="codes_in_use")
        )
        .order_by("zone__order", "zone_id", "number")
    )
