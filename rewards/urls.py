from django.urls import path

from rewards.views import kiosk, merchant, resident

app_name = "rewards"

urlpatterns = [
    path("rewards/", resident.catalogue, name="catalogue"),
    path("rewards/<int:reward_id>/", resident.detail, name="detail"),
    path("me/vouchers/", resident.vouchers, name="vouchers"),
    path("me/vouchers/<uuid:redemption_id>/", resident.redemption, name="redemption"),
    path("verify/<str:token>/", merchant.verify, name="verify"),
    path("merchant/", merchant.desk, name="merchant"),
    path("merchant/accepted/<str:token>/", merchant.accepted, name="accepted"),
    path("kiosk/", kiosk.welcome, name="kiosk"),
    path("kiosk/bind/", kiosk.bind, name="kiosk_bind"),
    path("kiosk/shelf/", kiosk.shelf, name="kiosk_shelf"),
    path("kiosk/reward/<int:reward_id>/", kiosk.confirm, name="kiosk_confirm"),
    path("kiosk/slip/<uuid:redemption_id>/", kiosk.slip, name="kiosk_slip"),
    path("kiosk/leave/", kiosk.leave, name="kiosk_leave"),
]
