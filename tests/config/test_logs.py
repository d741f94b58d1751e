"""What the log says of a request: its route, never its address."""

import logging

import pytest

from config.logs import RequestLogMiddleware


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_route(client, caplog) -> None:
    logger = logging.getLogger("django_structlog")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger="django_structlog"):
            client.get("/s/SECRETCODE/", {"q": "13800138000"}, headers={"user-agent": "Phone 9"})
    finally:
        logger.removeHandler(caplog.handler)
    (line,) = [record.getMessage() for record in caplog.records]
    assert "GET /s/<" in line
    assert "404" in line
    for private in ("SECRETCODE", "13800138000", "Phone 9", "127.0.0.1"):
        assert private not in line


def test_an_address_that_does_not_exist_is_not_repeated(rf) -> None:
    request = rf.get("/13800138000/")
    request.resolver_match = None
    assert RequestLogMiddleware.format_request(request) == "GET (no such address)"


def test_probes_are_not_logged(client, db, caplog) -> None:
    logger = logging.getLogger("django_structlog")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG, logger="django_structlog"):
            client.get("/livez")
            client.get("/readyz")
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records == []
