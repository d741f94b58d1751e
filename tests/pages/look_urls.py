"""The project's addresses and the style guide, whether or not the project shows it just now."""

from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from pages.views.look import styleguide

__all__ = ["handler400", "handler403", "handler404", "handler500"]

urlpatterns = [path("dev/look/", styleguide), *urlpatterns]
