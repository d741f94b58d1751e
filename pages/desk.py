"""The first page of the admin and its navigation."""

from typing import Any

from django.http import HttpRequest


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    return context


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    return []
