"""For those who run it: is the process alive, and can it do its work?"""

from functools import cache

import redis
from csp.decorators import csp_exempt
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PLAIN = "text/plain; charset=utf-8"
BROKER_PATIENCE = 0.5  # seconds; the broker's state is reported, nobody waits for it


@require_safe
@never_cache
@csp_exempt()
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches neither the database nor the session."""
    return HttpResponse("ok\n", content_type=PLAIN)


@require_safe
@never_cache
@csp_exempt()
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration; 503 with a sentence otherwise.

    A broker that is away is said but fails nothing: the database is the queue.
    """
    try:
        missing = _unapplied()
    except DatabaseError:
        return _not_ready(_("The database cannot be reached. Pages come back as soon as it does."))
    if missing:
        return _not_ready(
            _("The database lacks %(count)s migrations. Run “manage.py migrate”.")
            % {"count": len(missing)}
        )
    return JsonResponse({"database": "ok", "broker": _broker()})


def _not_ready(sentence: str) -> HttpResponse:
    response = HttpResponse(sentence + "\n", status=503, content_type=PLAIN)
    response["Retry-After"] = "5"
    return response


@cache
def _known() -> frozenset[tuple[str, str]]:
    """The migrations that this code came with. Read from disk once for each process."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def _unapplied() -> frozenset[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        row = cursor.fetchone()
        if not row or not row[0]:
            return _known()
        cursor.execute("SELECT app, name FROM django_migrations")
        return _known() - frozenset(cursor.fetchall())


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=BROKER_PATIENCE,
        socket_timeout=BROKER_PATIENCE,
    )
    try:
        client.ping()
    except (redis.RedisError, OSError):
        return "away"
    else:
        return "ok"
    finally:
        client.close()
