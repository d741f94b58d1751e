from django.urls import path

from volunteers import views

app_name = "volunteers"

urlpatterns = [
    path("", views.activities, name="list"),
    path("<int:activity_id>/", views.detail, name="detail"),
    path("<int:activity_id>/sign-up/", views.join, name="sign_up"),
    path("<int:activity_id>/give-up/", views.leave, name="give_up"),
]
