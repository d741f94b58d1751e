"""Addresses. Codes with these are printed and glued to stalls, so they stay as they are."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("pages.urls")),
    path("", include("markets.urls")),  # /s/<code>/
    path("", include("reports.urls")),  # /report/, /orders/, /me/reports/, /photos/
    path("", include("rewards.urls")),  # /rewards/, /kiosk/, /merchant/, /me/vouchers/, /verify/
    path("volunteer/", include("volunteers.urls")),
    path("me/points/", include("points.urls")),
    path("", include("accounts.urls")),  # /accounts/, /me/code/, /dev/sms/
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

handler400 = "pages.views.errors.bad_request"
handler403 = "pages.views.errors.forbidden"
handler404 = "pages.views.errors.not_found"
handler500 = "pages.views.errors.server_error"
