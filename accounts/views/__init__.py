"""The doors of this room."""

from accounts.views.development import dev_sms
from accounts.views.member_code import member_code
from accounts.views.sign_in import code_login, phone_login, staff_login
from accounts.views.two_factor import activate_totp, recovery_codes, totp_stays

__all__ = [
    "activate_totp",
    "code_login",
    "dev_sms",
    "member_code",
    "phone_login",
    "recovery_codes",
    "staff_login",
    "totp_stays",
]
