"""Who to be in the demo city: printed when it starts, and shown at `/dev/people/`."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.models import User
from accounts.states import Role
from markets.models import Market, StallCode
from pages.demo import data

PERIOD = 30  # seconds a code lasts


class Part(NamedTuple):
    """One person to be: what they type to sign in, and the path where their story begins."""

    chinese: str
    english: str
    sign_in: str
    path: str


def totp_now() -> tuple[str, int]:
    """The six digits of the demo's authenticator at this moment, and for how many seconds yet."""
    now = int(time.time())
    return format_hotp_value(hotp_value(data.TOTP_SECRET, now // PERIOD)), PERIOD - now % PERIOD


def parts() -> list[Part]:
    """The people of the story in its order; none where there is no demo city."""
    market = Market.objects.filter(code="yulan").first()
    code = StallCode.objects.filter(stall__market=market, replaced_at=None).order_by("id").first()
    citizen = User.objects.filter(nickname="李女士").order_by("id").first()
    handlers = User.objects.filter(
        roles__role=Role.HANDLER, roles__department__district__markets=market
    )
    handler = handlers.filter(roles__department__name="城管").order_by("id").first()
    owners = User.objects.filter(merchant_memberships__merchant__tenancies__stall__market=market)
    owner = owners.order_by("id").first()
    if not (market and code and citizen and handler and owner):
        return []
    return [
        Part("市民李女士", "citizen, has points", str(citizen.phone), "/"),
        Part("新市民", "new citizen: any mobile number", "13800138000", f"/s/{code.code}/"),
        Part("市场管理员", "manager", f"manager-yulan / {data.PASSWORD}", "/admin/"),
        Part("处置人员", "handler", f"{handler.username} / {data.PASSWORD}", "/orders/"),
        Part("商户", "merchant", str(owner.phone), "/merchant/"),
        Part("自助机", "kiosk: bound by a code from the admin", "", "/kiosk/"),
    ]


def lines(origin: str) -> Iterator[str]:
    """The same for a terminal."""
    cast = parts()
    for part in cast:
        yield f"{part.chinese} {part.english}: {part.sign_in}  {origin}{part.path}"
    if cast:
        yield f"动态码密钥 TOTP secret: {data.TOTP_SECRET}"
        yield f"短信验证码 codes: {origin}/dev/sms/"
        yield f"人物和当前动态码 these people, the present TOTP: {origin}/dev/people/"
