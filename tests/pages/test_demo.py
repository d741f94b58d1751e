"""The demo city: whole, honest in its books, the same each time, and never built over data."""

from __future__ import annotations

import io
import resource
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from markets.models import District, Market, Stall
from pages.demo import build, pictures
from pages.demo.data import PRODUCE_OF_ZONE
from points.holders import person
from points.models import Programme, Transfer
from points.queries import audit, available
from reports.models import FollowUp, Order, Photo, Report, ReportMove
from reports.states import MOVES, WITH_DEPARTMENT, State, Verb
from rewards.queries import audit_stock

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
ROOMS = {"accounts", "points", "markets", "reports", "rewards", "volunteers"}
# What differs from one building to the next: secrets, encryption, names of files, and moments.
ALWAYS_NEW = {
    "accounts.User": {"password", "phone_cipher"},
    "reports.Photo": {"original", "large", "small"},
    "rewards.StockPart": {"units"},  # which parts of a stock are taken from is drawn by lot
    "rewards.StockMove": {"key"},
    "rewards.Voucher": {"token"},
}
OF_TODAY = (State.SUBMITTED, State.ACCEPTED, State.DISPATCHED, State.IN_PROGRESS, State.CHECKING)
CPU = 60.0  # seconds


@dataclass
class Demo:
    said: str
    media: Path
    cpu: float
    other: dict[str, list[tuple]]  # what was built at another hour of the same day
    this: dict[str, list[tuple]]


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Built twice in one transaction, which is rolled back when this file is done."""
    media = tmp_path_factory.mktemp("media")
    now = timezone.localtime()
    other_hour = now.replace(hour=21 if now.hour < 12 else 3, minute=40)
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        drawn: list[Any] = []

        def draw_once() -> Any:
            if not drawn:
                drawn.append(pictures.draw_pictures())
            return drawn[0]

        patch.setattr(build, "draw_pictures", draw_once)
        before = cpu_spent()
        with time_machine.travel(other_hour), transaction.atomic():
            count_from_one()
            build.build_city(say=lambda words: None)
            other = snapshot()
            transaction.set_rollback(True)
        cpu = cpu_spent() - before
        out = io.StringIO()
        count_from_one()
        call_command("demo", "--if-empty", stdout=out)
        yield Demo(out.getvalue(), media, cpu, other, snapshot())
        transaction.set_rollback(True)


def cpu_spent() -> float:
    """Of this process and of those that drew for it; a busy machine does not count."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(each)[:2]) for each in who)


def models() -> list[Any]:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in ROOMS and not model._meta.proxy
    ]


def count_from_one() -> None:
    """As in a new database: ids go into user names and licence numbers."""
    with connection.cursor() as cursor:
        for model in models():
            assert not model._base_manager.exists(), f"{model._meta.label} is not empty"
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute("select pg_get_serial_sequence(%s, %s)", [f'"{table}"', key])
            if sequence := cursor.fetchone()[0]:
                cursor.execute(f"alter sequence {sequence} restart with 1")


def snapshot() -> dict[str, list[tuple]]:
    """Every row of every room, without what is always new, and moments only of the past."""
    return {model._meta.label: rows_of(model) for model in models()}


def rows_of(model: Any) -> list[tuple]:
    if "Historical" in model.__name__:
        return [(model._base_manager.count(),)]
    left_out = ALWAYS_NEW.get(model._meta.label, set())
    fields = [
        each.attname
        for each in model._meta.concrete_fields
        if each.name not in left_out and each.get_internal_type() != "DateTimeField"
    ]
    return list(model._base_manager.order_by("pk").values_list(*fields))


# First, and marked: a database is set up only where some test asks for one by its mark, and a
# marked test closes the connection that the city of the others lives in.
@pytest.mark.django_db
def test_without_a_city_there_is_nobody_to_be() -> None:
    out = io.StringIO()
    call_command("demo", "--people", stdout=out)
    assert out.getvalue() == ""


def test_is_of_the_size_that_was_promised(demo: Demo) -> None:
    assert District.objects.count() == 2
    assert Market.objects.count() == 6
    assert 190 <= Stall.objects.count() <= 210
    residents = User.objects.filter(is_staff=False, merchant_memberships=None)
    assert residents.count() == 300
    assert User.objects.filter(roles__isnull=False).distinct().count() >= 30
    assert "demo city ready" in demo.said


def test_has_a_year_of_history_in_every_market(demo: Demo) -> None:
    today = timezone.localdate()
    first = Report.objects.earliest("created_at").created_at
    assert 360 <= (timezone.now() - first).days <= 380
    for market in Market.objects.all():
        moments = Report.objects.filter(market=market).values_list("created_at", flat=True)
        months = {(local.year, local.month) for local in map(timezone.localtime, moments)}
        assert len(months) >= 12
        assert (today.year, today.month) in months
        open_now = Report.objects.filter(market=market, state__in=OF_TODAY)
        assert open_now.filter(state=State.SUBMITTED).exists()
        assert open_now.filter(state=State.DISPATCHED).exists()


def test_its_phone_numbers_are_nobodys(demo: Demo) -> None:
    phones = [user.phone for user in User.objects.exclude(phone_hash=None)]
    assert len(phones) == len(set(phones)) > 300
    assert all(phone.startswith("+86100") and len(phone) == 14 for phone in phones)


def test_its_ledger_and_its_stock_are_right(demo: Demo) -> None:
    books = audit()
    assert books.wrong == []
    assert books.transfers > 1000
    stock = audit_stock()
    assert stock.wrong == []
    assert stock.stocks >= 20


def test_every_report_is_where_its_moves_brought_it(demo: Demo) -> None:
    moves: dict[int, list[ReportMove]] = {}
    for move in ReportMove.objects.order_by("id"):
        moves.setdefault(move.report_id, []).append(move)
    now = timezone.now()
    for report in Report.objects.all():
        steps = moves[report.pk]
        assert [step.from_state for step in steps] == ["", *(s.to_state for s in steps[:-1])]
        assert all(MOVES[step.verb, step.from_state] == step.to_state for step in steps)
        assert report.state == steps[-1].to_state
        assert report.created_at == steps[0].at
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert steps[-1].at <= now
        if report.state == State.CLOSED:
            assert report.closed_at == steps[-1].at
        judges = {s.by_id for s in steps if s.verb in (Verb.ACCEPT, Verb.REFUSE, Verb.CLOSE)}
        assert report.reporter_id not in judges


def test_orders_fit_their_reports(demo: Demo) -> None:
    orders = {order.report_id: order for order in Order.objects.all()}
    assert len(orders) == Order.objects.count()
    for report in Report.objects.select_related("department", "market"):
        order = orders.get(report.pk)
        assert (order is not None) == (report.state in WITH_DEPARTMENT)
        if order is None:
            continue
        assert order.department_id == report.department_id
        assert report.department is not None
        assert report.department.district_id == report.market.district_id
        assert (order.handler_id is None) == (report.state == State.DISPATCHED)
        assert (order.ended_at is None) == (report.state != State.CLOSED)


def test_every_closed_report_has_its_pair_and_was_thanked_once(demo: Demo) -> None:
    ready: dict[int, set[bool]] = {}
    photos = Photo.objects.filter(status=Photo.Status.READY)
    for report_id, kind in photos.values_list("report_id", "kind"):
        ready.setdefault(report_id, set()).add(kind == Photo.Kind.AFTER)
    awards = Transfer.objects.filter(kind="award", source__startswith="report:")
    thanked = Counter(awards.values_list("source", flat=True))
    points = dict(awards.values_list("source", "points"))
    closed = Report.objects.filter(state=State.CLOSED)
    assert closed.count() > 1000
    for report in closed:
        assert ready[report.pk] == {False, True}
        assert thanked[f"report:{report.number}"] == 1
        assert points[f"report:{report.number}"] == report.points
        assert report.is_public
    assert len(thanked) == closed.count()


def test_nothing_is_left_to_do_by_itself(demo: Demo) -> None:
    waiting = Q(due_at__isnull=False) | Q(stuck_at__isnull=False)
    assert not Photo.objects.filter(waiting).exists()
    assert not FollowUp.objects.filter(waiting).exists()


def test_every_picture_is_on_disk(demo: Demo) -> None:
    names = Photo.objects.values_list("original", "large", "small").distinct()
    files = {name for row in names for name in row}
    assert len(files) > 60
    assert [name for name in files if not (demo.media / name).is_file()] == []


def test_the_citizen_of_the_story_can_afford_a_voucher(demo: Demo) -> None:
    citizen = User.objects.get(nickname="李女士")
    programme = Programme.objects.get(code="chengdu")
    assert available(person(citizen.pk), programme) >= 500


def test_is_the_same_at_every_hour_of_the_day(demo: Demo) -> None:
    assert demo.this.keys() == demo.other.keys()
    for label, rows in demo.this.items():
        assert rows == demo.other[label], label
    assert sum(map(len, demo.this.values())) > 15_000


def test_its_drawings_are_the_same_each_time(demo: Demo) -> None:
    drawing = (None, sorted(PRODUCE_OF_ZONE.values())[0], 0)
    assert pictures._draw(drawing)[1] == pictures._draw(drawing)[1]
    assert pictures._draw(drawing)[1] != pictures._draw((*drawing[:2], 1))[1]


def test_costs_less_than_a_minute(demo: Demo) -> None:
    assert demo.cpu < CPU


def test_if_empty_does_nothing_where_there_is_data(demo: Demo) -> None:
    out = io.StringIO()
    call_command("demo", "--if-empty", stdout=out)
    assert out.getvalue() == ""
    assert snapshot() == demo.this


def test_is_refused_in_both_languages_where_there_is_data(demo: Demo) -> None:
    with pytest.raises(CommandError, match=r"已有数据.*There is data already"):
        call_command("demo")
    assert snapshot() == demo.this


@pytest.mark.parametrize("asked", [[], ["--if-empty"]])
def test_is_refused_where_everybodys_passwords_have_no_place(demo: Demo, asked: list[str]) -> None:
    with override_settings(DEMO_PHONES=False), pytest.MonkeyPatch.context() as patch:
        patch.setattr("pages.management.commands.demo.city_is_empty", lambda: True)
        with pytest.raises(CommandError, match=r"DEMO_PHONES=1.*only with DEMO_PHONES=1"):
            call_command("demo", *asked)
    assert snapshot() == demo.this


def test_says_who_to_be(demo: Demo) -> None:
    out = io.StringIO()
    call_command("demo", "--people", stdout=out)
    said = out.getvalue()
    for words in ("李女士", "新市民", "市场管理员", "处置人员", "商户", "自助机", "TOTP"):
        assert words in said
    out = io.StringIO()
    call_command("demo", "--totp", stdout=out)
    assert out.getvalue().strip().isdigit()
    assert len(out.getvalue().strip()) == 6
