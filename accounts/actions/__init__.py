"""Every change to people, their messages, codes and offices, one verb each."""

from accounts.actions.member_codes import issue_member_code, redeem_member_code
from accounts.actions.people import mark_phone_verified, purge_unverified, register_phone, set_phone
from accounts.actions.sms import (
    queue_sms,
    record_sms_failed,
    record_sms_sent,
    retry_sms,
    wipe_old_bodies,
)
from accounts.actions.staff import (
    appoint,
    create_staff,
    dismiss,
    make_superuser,
    may_appoint,
    reset_totp,
    set_active,
    set_password,
    set_totp_secret,
    unmask_phone,
)

__all__ = [
    "appoint",
    "create_staff",
    "dismiss",
    "issue_member_code",
    "make_superuser",
    "mark_phone_verified",
    "may_appoint",
    "purge_unverified",
    "queue_sms",
    "record_sms_failed",
    "record_sms_sent",
    "redeem_member_code",
    "register_phone",
    "reset_totp",
    "retry_sms",
    "set_active",
    "set_password",
    "set_phone",
    "set_totp_secret",
    "unmask_phone",
    "wipe_old_bodies",
]
