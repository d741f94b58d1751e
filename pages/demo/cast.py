"""Who to be in the demo city: printed when it starts."""

import time
from collections.abc import Iterator

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.models import User
from accounts.states import Role
from markets.models import Market, StallCode
from pages.demo import data

PERIOD = 30  # seconds a code lasts


def totp_now() -> str:
    """The six digits that the demo's authenticator would show at this moment."""
    return format_hotp_value(hotp_value(data.TOTP_SECRET, int(time.time()) // PERIOD))


def lines(origin: str) -> Iterator[str]:
    """The demo's people and first addresses, a line each; nothing where there is no demo city."""
    market = Market.objects.filter(code="yulan").first()
    if market is None:
        return
    code = StallCode.objects.filter(stall__market=market, replaced_at=None).order_by("id").first()
    citizen = User.objects.filter(nickname="李女士").order_by("id").first()
    handler = User.objects.filter(roles__role=Role.HANDLER, roles__department__name="城管").first()
    merchant = User.objects.filter(merchant_memberships__merchant__tenancies__stall__market=market)
    owner = merchant.order_by("id").first()
    if not (code and citizen and handler and owner):
        return
    seconds = PERIOD - int(time.time()) % PERIOD
    yield f"市民 citizen      {citizen.phone}  李女士 · 任何新号码也行 any new number works"
    yield f"                  验证码 codes: {origin}/dev/sms/"
    yield f"摊位码 stall code  {origin}/s/{code.code}/"
    yield f"管理员 manager    manager-yulan / {data.PASSWORD}   {origin}/admin/"
    yield f"处置人员 handler  {handler.username} / {data.PASSWORD}   {origin}/orders/"
    yield f"动态码 TOTP       {data.TOTP_SECRET}   现在 now: {totp_now()} ({seconds} s)"
    yield "                  python manage.py demo --totp 再看一次 shows it again"
    yield f"商户 merchant     {owner.phone}   {origin}/merchant/"
    yield f"自助机 kiosk      {origin}/kiosk/  在后台「自助机平板」发绑定码 bind it in the admin"
