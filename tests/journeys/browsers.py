"""A browser of their own for each person, and what the browsers complained of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from accounts.models import User
from tests.signing_in import signed_in

Size = tuple[int, int]

PHONE: Size = (390, 844)
DESK: Size = (1280, 800)
TALL_TABLET: Size = (1080, 1920)
WIDE_TABLET: Size = (1280, 800)


class Browsers:
    def __init__(self, browser: Browser, defaults: dict[str, Any], site: str) -> None:
        self.browser, self.defaults, self.site = browser, defaults, site
        self.complaints: list[str] = []
        self._contexts: list[BrowserContext] = []
        self._looked = 0

    def open(self, who: str, size: Size, *, user: User | None = None, **more: Any) -> Page:
        """A new browser, in which `user` has signed in before; `who` is named in complaints."""
        viewport = {"width": size[0], "height": size[1]}
        options = self.defaults | {"viewport": viewport, "base_url": self.site} | more
        context = self.browser.new_context(**options)
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        context.on("console", lambda message: self._heard(who, message))
        context.on("weberror", lambda error: self._note(who, f"script: {error.error}"))
        context.on("response", lambda response: self._answered(who, response))
        if user:
            cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.site}])
        return context.new_page()

    def look(self, page: Page, name: str) -> None:
        """Keep a picture of the page for a person to look at, where a folder for them is named."""
        folder = os.environ.get("JOURNEY_PICTURES")
        if folder:
            self._looked += 1
            width = (page.viewport_size or {})["width"]
            file = f"{width}-{self._looked:02d}-{name.replace(' ', '-')}.png"
            page.screenshot(path=Path(folder) / file, full_page=True)

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _heard(self, who: str, message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 in words is no fault; parts of a page are judged below.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._note(who, message.text)

    def _answered(self, who: str, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind != "document"):
            self._note(who, f"{response.status} {kind} {response.url}")

    def _note(self, who: str, words: str) -> None:
        self.complaints.append(f"{who}: {words}")
