from django.urls import URLPattern

app_name = "markets"

urlpatterns: list[URLPattern] = []
