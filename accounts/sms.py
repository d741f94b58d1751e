"""How a message leaves the house. Chosen by SMS_BACKEND, called by the task, never under a lock.

A backend's `send` returns the provider's id or raises CannotSend; it must not take longer than
TIMEOUT. `reference` is ours and stays the same when a message is tried again, so that a provider
that knows how can refuse the double.
"""

import contextlib
import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from typing import ClassVar, NamedTuple, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.errors import CannotSend

TIMEOUT = 10  # seconds


class Backend(Protocol):
    def send(self, *, to: str, body: str, reference: str) -> str: ...


def get_backend() -> Backend:
    backend: Backend = import_string(settings.SMS_BACKEND)()
    return backend


class ConsoleBackend:
    """For development: one line in the server's output, the number masked."""

    def send(self, *, to: str, body: str, reference: str) -> str:
        out = sys.__stdout__ or sys.stdout
        out.write(f"短信 → ***{to[-4:]}: {body}\n")
        out.flush()
        return f"console-{reference}"


class Sent(NamedTuple):
    to: str
    body: str
    reference: str


class MemoryBackend:
    """For tests: what was sent stands in `outbox`."""

    outbox: ClassVar[list[Sent]] = []

    def send(self, *, to: str, body: str, reference: str) -> str:
        self.outbox.append(Sent(to, body, reference))
        return f"memory-{reference}"


class RefusingBackend:
    """For an installation that has not chosen a provider: says so where the operator looks."""

    def send(self, *, to: str, body: str, reference: str) -> str:
        raise CannotSend(_("No SMS provider is set: choose one by SMS_BACKEND."), final=True)


class HttpBackend:
    """Base of a provider reached over HTTP: a subclass says the address and reads the answer.

    The answer 2xx is the provider's word that it took the message; 4xx will not get better by
    trying again, except 408 and 429; all else may.
    """

    url: str = ""

    def payload(self, *, to: str, body: str, reference: str) -> dict[str, object]:
        return {"to": to, "body": body, "reference": reference}

    def headers(self) -> dict[str, str]:
        return {}

    def provider_id(self, answer: bytes) -> str:
        try:
            return str(json.loads(answer)["id"])
        except (ValueError, KeyError, TypeError):
            return ""

    def send(self, *, to: str, body: str, reference: str) -> str:
        if not self.url.startswith(("https://", "http://127.0.0.1:")):
            raise CannotSend("the provider's address must be https", final=True)
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at above
            self.url,
            data=json.dumps(self.payload(to=to, body=body, reference=reference)).encode(),
            headers={"Content-Type": "application/json", **self.headers()},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return self.provider_id(_body(answer))
        except urllib.error.HTTPError as error:
            final = 400 <= error.code < 500 and error.code not in (408, 429)
            raise CannotSend(f"the provider answered {error.code}", final=final) from error
        except OSError as error:  # refused, unknown host, too slow
            raise CannotSend(f"the provider cannot be reached: {type(error).__name__}") from error


def _body(answer: http.client.HTTPResponse) -> bytes:
    """What of the answer, 64 kB at most, comes within TIMEOUT.

    Its 2xx was read before: trying again for the sake of the rest would send the message twice.
    """
    until, body = time.monotonic() + TIMEOUT, b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while len(body) < 64 * 1024 and time.monotonic() < until:
            if not (piece := answer.read1(4096)):
                break
            body += piece
    return body
