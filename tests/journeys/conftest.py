"""The city, its site and the people's browsers, for tests that go through doors only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browsers import Browsers
from tests.makers import City, make_city

# A deadline, not a wait: the machine may be busy with other tests.
expect.set_options(timeout=15_000)


@pytest.fixture
def city(transactional_db: None) -> City:
    return make_city()


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The address of the running site; its printed codes lead there."""
    settings.PUBLIC_ORIGIN = live_server.url
    return str(live_server.url)


@pytest.fixture
def browsers(
    browser: Browser, browser_context_args: dict[str, Any], site: str
) -> Iterator[Browsers]:
    """A browser for each person. At the end none of them may have complained of anything."""
    opened = Browsers(browser, browser_context_args, site)
    try:
        yield opened
        assert opened.complaints == []
    finally:
        opened.close()
