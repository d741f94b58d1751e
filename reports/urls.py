from django.urls import path, re_path

from reports.views import mine, new, orders, photos, report

app_name = "reports"

urlpatterns = [
    path("report/", new.new, name="new"),
    path("report/draft/<uuid:key>/<int:slot>/", photos.draft_photo, name="draft_photo"),
    path("report/<slug:number>/", report.report, name="report"),
    path("report/<slug:number>/photos/", report.photos, name="photos"),
    path("report/<slug:number>/photo/", report.add_photo, name="add_photo"),
    # Not under /orders/: whoever is signed out meanwhile keeps the photo, and then signs in.
    path("report/<slug:number>/fixed/", orders.finish, name="finish"),
    path("me/reports/", mine.mine, name="mine"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path("orders/<int:order_id>/take/", orders.take, name="take"),
    path("photos/original/<int:photo_id>/", photos.original, name="original"),
    re_path(r"^photos/(?P<name>[0-9a-z]{26}\.jpg)$", photos.picture, name="picture"),
]
