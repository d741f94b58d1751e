"""Only the addresses of allauth that are used, under the names by which it calls them itself.

There is no registration, no e-mail and no password reset: their addresses do not exist.
"""

from allauth.account.views import logout, reauthenticate
from allauth.mfa.base.views import authenticate, index
from allauth.mfa.base.views import reauthenticate as mfa_reauthenticate
from allauth.mfa.recovery_codes.views import download_recovery_codes, generate_recovery_codes
from django.urls import URLPattern, URLResolver, path

from accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/login/", views.phone_login, name="account_login"),
    path("accounts/login/", views.phone_login, name="account_request_login_code"),
    path("accounts/login/code/", views.code_login, name="account_confirm_login_code"),
    path("accounts/staff/", views.staff_login, name="account_staff_login"),
    path("accounts/staff/code/", authenticate, name="mfa_authenticate"),
    path("accounts/logout/", logout, name="account_logout"),
    path("accounts/again/", reauthenticate, name="account_reauthenticate"),
    path("accounts/again/code/", mfa_reauthenticate, name="mfa_reauthenticate"),
    path("accounts/2fa/", index, name="mfa_index"),
    path("accounts/2fa/set-up/", views.activate_totp, name="mfa_activate_totp"),
    path("accounts/2fa/remove/", views.totp_stays, name="mfa_deactivate_totp"),
    path("accounts/2fa/recovery-codes/", views.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "accounts/2fa/recovery-codes/new/",
        generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "accounts/2fa/recovery-codes/download/",
        download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("me/code/", views.member_code, name="member_code"),
    path("dev/sms/", views.dev_sms, name="dev_sms"),
]
