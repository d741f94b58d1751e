from django.urls import path

from markets import views

app_name = "markets"

urlpatterns = [
    path("s/<str:code>/", views.scan, name="scan"),
    path("s/<str:code>/qr.svg", views.qr, name="qr"),
]
