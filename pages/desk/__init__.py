"""The first page of the admin, its navigation, and what waits there."""

from pages.desk.doors import dashboard, navigation

__all__ = ["dashboard", "navigation"]
