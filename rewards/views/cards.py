"""Rows as the partials want them."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.qr import qr_svg
from rewards.models import Reward, Voucher
from rewards.queries import Offer, VoucherRow


def picture(reward: Reward) -> str:
    """The address of the reward's drawing."""
    known = reward.picture if reward.picture in Reward.Picture.values else Reward.Picture.GIFT
    return static(f"img/rewards/{known}.svg")


def card(offer: Offer, url: str) -> dict[str, Any]:
    """An offer for partials/reward_card.html."""
    left = ""
    if offer.few:
        left = ngettext("only %(count)s left", "only %(count)s left", offer.left) % {
            "count": offer.left
        }
    return {
        "name": offer.reward.words,
        "points": offer.reward.points,
        "image": picture(offer.reward),
        "out": offer.sold_out,
        "short": offer.missing,
        "left": left,
        "url": url,
    }


def voucher_qr(voucher: Voucher) -> SafeString:
    """The voucher's address as a QR code: any camera opens it, the merchant's scanner types it."""
    address = reverse("rewards:verify", args=[voucher.token])
    return mark_safe(qr_svg(settings.PUBLIC_ORIGIN.rstrip("/") + address))  # noqa: S308 - ours


def standing(row: VoucherRow) -> dict[str, str]:
    """A voucher's state for partials/state_tag.html."""
    match row.standing:
        case "usable":
            return {"words": _("Can be used"), "tone": "done"}
        case "used":
            words = _("Handed over") if row.is_goods else _("Used")
            return {"words": words, "tone": "plain"}
        case "voided":
            return {"words": _("Withdrawn"), "tone": "no"}
        case "expired":
            return {"words": _("Run out"), "tone": "no"}
    return {"words": _("Not valid yet"), "tone": "wait"}
