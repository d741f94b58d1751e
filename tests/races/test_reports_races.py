"""Two at once on one report: each race, and the same without its lock to show that it is one."""

import threading
from collections import Counter
from functools import partial
from uuid import uuid4

import pytest

from points.models import Transfer
from points.queries import audit
from reports import actions, tasks
from reports.actions import close, orders
from reports.errors import OrderRefused, ReportRefused
from reports.models import FollowUp, Order, Photo, Report, ReportMove
from reports.states import State, Verb
from tests.makers import City, make_city
from tests.races.crowd import all_at_once
from tests.reports.helpers import (
    brought_to,
    files_on_disk,
    fresh,
    new_photo,
    order_of,
    submit,
    verbs,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city() -> City:
    return make_city()


def unlocked(report_id: int) -> Report:
    """What lock_report would be if it did not lock."""
    return Report.objects.select_related("market__district__programme", "category").get(
        pk=report_id
    )


def met(parties: int = 2):
    """A look that nobody leaves before everybody has looked."""
    line = threading.Barrier(parties)

    def wait(answer):
        line.wait(20)
        return answer

    return wait


# ---- one form sent six times at once


def test_one_form_sent_six_times_is_one_report(city, settings):
    key = uuid4()
    send = [partial(submit, city, key=key, photos=[new_photo(seed=2)]) for _each in range(6)]
    results = all_at_once(*send)
    assert len({report.pk for report in results}) == 1, results
    assert Report.objects.count() == ReportMove.objects.count() == Photo.objects.count() == 1
    assert files_on_disk(settings) == [Photo.objects.get().original.name]


def test_one_kept_form_sent_six_times_is_one_report(city, settings):
    key = uuid4()
    actions.save_draft(
        key=key, by=city.citizen, fields={"words": "x"}, photos=[new_photo(), new_photo(1, seed=2)]
    )
    send = [partial(submit, city, key=key, photos=[], draft_id=key) for _each in range(6)]
    results = all_at_once(*send)
    assert len({report.pk for report in results}) == 1, results
    assert [photo.report for photo in Photo.objects.all()] == [results[0]] * 2
    assert len(files_on_disk(settings)) == 2


def test_control_look_then_write_makes_two_reports(city):
    both_have_looked = met()

    def naive() -> None:
        both_have_looked(None) if not Report.objects.filter(words="重复").exists() else None
        Report.objects.create(
            reporter=city.citizen, market=city.market, category=city.category, words="重复"
        )

    all_at_once(naive, naive)
    assert Report.objects.filter(words="重复").count() == 2


def test_one_key_of_two_people_is_one_persons(city):
    key = uuid4()
    results = all_at_once(
        partial(submit, city, key=key, by=city.citizen),
        partial(submit, city, key=key, by=city.stranger),
    )
    refused = [result for result in results if isinstance(result, ReportRefused)]
    assert [refusal.code for refusal in refused] == ["key_taken"]
    assert Report.objects.count() == 1


# ---- grab


def test_of_two_who_grab_one_wins_and_the_other_is_told_who(city):
    report = brought_to(State.DISPATCHED, city)
    order = order_of(report)
    results = all_at_once(
        *(
            partial(actions.take_order, order_id=order.pk, by=who)
            for who in (city.handler, city.second_handler)
        )
    )
    (refusal,) = [result for result in results if isinstance(result, OrderRefused)]
    (won,) = [result for result in results if isinstance(result, Order)]
    assert refusal.code == "taken"
    assert refusal.params == {"by": won.handler.label, "at": won.taken_at}
    assert order_of(report).handler == won.handler
    assert verbs(report).count(Verb.TAKE) == 1


def test_control_without_the_lock_both_have_grabbed(city, monkeypatch):
    report = brought_to(State.DISPATCHED, city)
    order = order_of(report)
    monkeypatch.setattr(orders, "lock_report", unlocked)
    both_have_looked = met()
    monkeypatch.setattr(orders, "is_handler", lambda user, department: both_have_looked(True))
    results = all_at_once(
        *(
            partial(actions.take_order, order_id=order.pk, by=who)
            for who in (city.handler, city.second_handler)
        )
    )
    assert [type(result) for result in results] == [Order, Order], results
    assert verbs(report).count(Verb.TAKE) == 2


# ---- closing


def test_six_who_close_award_once(city):
    report = brought_to(State.CHECKING, city)
    closers = [partial(actions.close_report, report_id=report.pk, by=city.manager)] * 6
    results = all_at_once(*closers)
    kinds = Counter(
        result.code if isinstance(result, ReportRefused) else type(result).__name__
        for result in results
    )
    assert kinds == {"ReportMove": 1, "already": 5}, results
    assert Transfer.objects.get().points == 20
    assert verbs(report).count(Verb.CLOSE) == 1
    assert audit().ok


def test_control_without_the_lock_it_is_closed_twice(city, monkeypatch):
    report = brought_to(State.CHECKING, city)
    monkeypatch.setattr(close, "lock_report", unlocked)
    both_have_looked = met()
    monkeypatch.setattr(close, "_judge_pair", lambda report: both_have_looked(None))
    closers = [partial(actions.close_report, report_id=report.pk, by=city.manager)] * 2
    results = all_at_once(*closers)
    assert [type(result) for result in results] == [ReportMove, ReportMove], results
    assert verbs(report).count(Verb.CLOSE) == 2
    assert Transfer.objects.count() == 1  # the ledger's own key still pays once


def test_closing_many_reports_of_one_person_at_once_keeps_the_ledger_whole(city):
    reports = [brought_to(State.CHECKING, city) for _each in range(4)]
    results = all_at_once(
        *(partial(actions.close_report, report_id=report.pk, by=city.manager) for report in reports)
    )
    assert all(isinstance(result, ReportMove) for result in results), results
    assert Transfer.objects.count() == 4
    assert audit().ok


# ---- accept and refuse, by rule and by hand


def test_accepted_and_refused_at_once_is_one_of_the_two(city):
    report = brought_to(State.SUBMITTED, city)
    results = all_at_once(
        partial(actions.verify_report, report_id=report.pk, by=city.manager),
        partial(actions.refuse_report, report_id=report.pk, by=city.manager, why="不清楚"),
    )
    (refusal,) = [result for result in results if isinstance(result, ReportRefused)]
    assert refusal.code == "not_allowed"
    assert fresh(report).state in (State.ACCEPTED, State.REFUSED)
    assert len(verbs(report)) == 2


def test_dispatched_by_rule_and_by_hand_at_once_is_one_order(city):
    report = brought_to(State.ACCEPTED, city)
    row = FollowUp.objects.get()
    all_at_once(
        partial(actions.dispatch, follow_up_id=row.pk),
        partial(actions.dispatch, follow_up_id=row.pk),
        partial(
            actions.dispatch_by_hand,
            report_id=report.pk,
            department=city.department,
            by=city.manager,
        ),
    )
    assert Order.objects.filter(report=report).count() == 1
    assert verbs(report).count(Verb.DISPATCH) == 1


# ---- two workers


def test_two_workers_process_each_photo_once(city, settings):
    for seed in range(4):
        submit(city, photos=[new_photo(seed=seed)])
    counts = all_at_once(tasks.process_due_photos, tasks.process_due_photos)
    assert sum(counts) == 4, counts
    assert set(Photo.objects.values_list("status", "attempts")) == {("ready", 1)}
    assert len(files_on_disk(settings)) == 4 * 3


def test_one_photo_recorded_twice_at_once_leaves_no_orphan(city, settings):
    from reports.imaging.process import process

    submit(city)
    photo = Photo.objects.get()
    with photo.original.open() as file:
        processed = process(file.read())
    record = partial(actions.record_processed, photo_id=photo.pk, processed=processed)
    assert sorted(all_at_once(record, record)) == [False, True]
    assert len(files_on_disk(settings)) == 3
