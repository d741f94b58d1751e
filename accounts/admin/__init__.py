"""People, their offices and their messages in the admin."""

from allauth.account import admin as _allauth_account  # noqa: F401 - so that it has registered
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _allauth_mfa  # noqa: F401
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth import admin as _auth  # noqa: F401
from django.contrib.auth.models import Group

from accounts.admin.people import UserAdmin
from accounts.admin.roles import StaffRoleAdmin
from accounts.admin.sms import SmsAdmin
from accounts.admin.unmaskings import UnmaskingAdmin

# Rights come from roles, second factors from their own pages, and nobody has e-mail.
for _unused in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(_unused):
        admin.site.unregister(_unused)

__all__ = ["SmsAdmin", "StaffRoleAdmin", "UnmaskingAdmin", "UserAdmin"]
