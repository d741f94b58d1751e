"""An SMS provider of one's own, which does what a test tells it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from accounts.sms import HttpBackend

Handler = BaseHTTPRequestHandler
Behaviour = Callable[["Provider", Handler], None]


class Backend(HttpBackend):
    """For SMS_BACKEND; the provider's address is in the environment."""

    @property
    def url(self) -> str:  # type: ignore[override]
        return os.environ["PROVIDER_URL"]


class Provider:
    """Notes every request by our reference, and sends no reference to a phone twice."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.delivered: list[str] = []
        self.behaviours: list[Behaviour] = []  # of the next requests, then all is well
        self.closing = threading.Event()
        provider = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.asked.append(message["reference"])
                behave = provider.behaviours.pop(0) if provider.behaviours else takes
                behave(provider, self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def take(self) -> None:
        reference = self.asked[-1]
        if reference not in self.delivered:
            self.delivered.append(reference)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def takes(provider: Provider, handler: Handler) -> None:
    """As it should be."""
    provider.take()
    answer(handler, 200, b'{"id": "p-1"}')


def answers_500(provider: Provider, handler: Handler) -> None:
    answer(handler, 500)


def hangs(provider: Provider, handler: Handler) -> None:
    """Says nothing until the test is over."""
    provider.closing.wait(30)


def takes_and_hangs(provider: Provider, handler: Handler) -> None:
    """Sends the message on and never says so."""
    provider.take()
    provider.closing.wait(30)


def takes_and_hangs_up(provider: Provider, handler: Handler) -> None:
    """Sends the message on, and its answer is lost on the way."""
    provider.take()
    handler.connection.close()


def takes_twice(provider: Provider, handler: Handler) -> None:
    """Answers twice over the one connection."""
    provider.take()
    answer(handler, 200, b'{"id": "p-1"}')
    answer(handler, 200, b'{"id": "p-2"}')


def drips(provider: Provider, handler: Handler) -> None:
    """Takes it, and says so a letter at a time, never long enough silent to be called hanging."""
    provider.take()
    handler.send_response(200)
    handler.end_headers()
    try:
        while not provider.closing.wait(0.1):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass


def answer(handler: Handler, status: int, body: bytes = b"") -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
