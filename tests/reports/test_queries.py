"""What other rooms read: fixes, figures, a stall's history, and the buttons of the desk."""

from datetime import timedelta

from django.utils import timezone

from reports import queries
from reports.models import Report
from reports.states import State, Verb
from tests.reports.helpers import brought_to, fresh


def test_lately_fixed_shows_pairs_and_nobody(city, django_assert_num_queries):
    older, newer = brought_to(State.CLOSED, city), brought_to(State.CLOSED, city)
    brought_to(State.CHECKING, city)
    with django_assert_num_queries(2):
        rows = queries.lately_fixed(city.market)
    assert [row.number for row in rows] == [newer.number, older.number]
    first = rows[0]
    assert (first.category, first.market, first.stall) == ("占道经营", "玉林综合市场", "A-12")
    assert first.before.url.startswith("/photos/")
    assert first.after.url.startswith("/photos/")
    assert first.before.url != first.after.url
    assert not {"merchant", "reporter", "words"} & set(first._fields)
    assert queries.lately_fixed(city.other_market) == []
    assert len(queries.lately_fixed(limit=1)) == 1


def test_figures_count_thirty_days_and_the_median(city, django_assert_num_queries):
    now = timezone.now()
    for hours in (1, 2, 30):
        report = brought_to(State.CLOSED, city)
        Report.objects.filter(pk=report.pk).update(
            created_at=report.closed_at - timedelta(hours=hours)
        )
    old = brought_to(State.CLOSED, city)
    Report.objects.filter(pk=old.pk).update(
        created_at=now - timedelta(days=60), closed_at=now - timedelta(days=59)
    )
    brought_to(State.DISPATCHED, city)
    brought_to(State.REFUSED, city)
    with django_assert_num_queries(3):
        figures = queries.figures(city.market)
    assert figures == queries.Figures(received=5, fixed=3, open=1, median_hours=2.0)
    assert queries.figures(city.other_market) == queries.Figures(0, 0, 0, None)


def test_of_stall_is_what_the_public_may_see(city):
    closed = brought_to(State.CLOSED, city)
    brought_to(State.SUBMITTED, city)
    assert queries.of_stall(city.stall) == [closed]


def test_moves_allowed_are_the_managers_and_the_tables(city):
    report = brought_to(State.SUBMITTED, city)
    allowed = queries.moves_allowed
    assert allowed(report, city.manager) == [Verb.ACCEPT, Verb.REFUSE]
    assert allowed(report, city.other_manager) == []
    assert allowed(report, city.handler) == []
    assert allowed(brought_to(State.ACCEPTED, city), city.manager) == [Verb.DISPATCH]
    assert allowed(brought_to(State.CHECKING, city), city.manager) == [Verb.CLOSE, Verb.REDO]
    assert allowed(brought_to(State.CLOSED, city), city.manager) == []
    report.reporter = city.manager
    assert allowed(report, city.manager) == []


def test_the_clock_turns_amber_and_late(city):
    report = brought_to(State.IN_PROGRESS, city)
    start = report.created_at
    report.resolve_due_at = start + timedelta(hours=10)
    report.save(update_fields=["resolve_due_at"])
    report = fresh(report)
    states = [queries.clock(report, at=start + timedelta(hours=hour)).state for hour in (7, 8, 11)]
    assert states == ["ok", "amber", "late"]
    assert queries.clock(brought_to(State.CHECKING, city)) is None
