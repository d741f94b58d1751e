"""Every verb in every state: the table decides, the history tells, a repeat says who was first."""

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.states import Role
from points.models import Transfer
from reports import actions, tasks
from reports.errors import DispatchRefused, OrderRefused, ReportRefused
from reports.models import DispatchRule, FollowUp, Order, Photo, ReportMove
from reports.states import MOVES, State, Verb
from tests.makers import make_staff
from tests.reports.helpers import (
    after_photo,
    brought_to,
    finish,
    fresh,
    new_photo,
    order_of,
    submit,
    verbs,
)


def do(verb: str, report, city) -> None:
    """The verb by whoever may do it, with everything it needs."""
    match verb:
        case Verb.ACCEPT:
            actions.verify_report(report_id=report.pk, by=city.manager)
        case Verb.REFUSE:
            actions.refuse_report(report_id=report.pk, by=city.manager, why="照片看不出问题")
        case Verb.DISPATCH:
            actions.dispatch_by_hand(
                report_id=report.pk, department=city.department, by=city.manager
            )
        case Verb.TAKE:
            actions.take_order(order_id=_order(report).pk, by=city.second_handler)
        case Verb.FINISH:
            order = _order(report)
            actions.finish_order(
                key=uuid4(), order_id=order.pk, by=city.handler, photo=after_photo()
            )
        case Verb.REDO:
            actions.redo_report(report_id=report.pk, by=city.manager, why="还有菜叶")
        case Verb.CLOSE:
            actions.close_report(report_id=report.pk, by=city.manager)
        case Verb.ADD_PHOTO if report.state == State.CHECKING:
            Photo.objects.filter(report=report, kind=Photo.Kind.AFTER).update(status="failed")
            actions.add_after_photo(
                key=uuid4(), order_id=_order(report).pk, by=city.handler, photo=after_photo()
            )
        case Verb.ADD_PHOTO:
            actions.add_photo(
                key=uuid4(), report_id=report.pk, by=city.citizen, photo=new_photo(seed=4)
            )


def _order(report) -> Order:
    found = Order.objects.filter(report=report).order_by("-id").first()
    if found is None:
        raise OrderRefused("unknown_order")
    return found


TABLE = [(verb, state) for verb in Verb if verb != Verb.SUBMIT for state in State]


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "state"), TABLE)
def test_the_table_decides(city, verb, state):
    report = brought_to(state, city)
    history = verbs(report)
    if (verb, state) in MOVES:
        do(verb, report, city)
        assert fresh(report).state == MOVES[verb, state]
        step = report.moves.order_by("id").last()
        assert (step.verb, step.from_state, step.to_state) == (verb, state, MOVES[verb, state])
        assert step.by is not None
        return
    with pytest.raises(ReportRefused) as refusal:
        do(verb, report, city)
    assert refusal.value.code in {
        "already", "not_allowed", "unknown_order", "not_taken", "taken", "ended",
    }  # fmt: skip
    assert fresh(report).state == state
    assert verbs(report) == history


def test_a_repeat_says_who_was_first(city):
    report = brought_to(State.SUBMITTED, city)
    step = actions.verify_report(report_id=report.pk, by=city.manager)
    with pytest.raises(ReportRefused) as refusal:
        actions.verify_report(report_id=report.pk, by=city.manager)
    assert refusal.value.code == "already"
    assert refusal.value.params == {
        "verb": Verb.ACCEPT,
        "state": State.ACCEPTED,
        "by": "manager",
        "at": step.at,
    }


@pytest.mark.parametrize("why", ["", "   ", "\n"])
def test_refusing_and_sending_back_need_a_reason(city, why):
    report = brought_to(State.SUBMITTED, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.refuse_report(report_id=report.pk, by=city.manager, why=why)
    assert refusal.value.code == "why_needed"
    report = brought_to(State.CHECKING, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.redo_report(report_id=report.pk, by=city.manager, why=why)
    assert refusal.value.code == "why_needed"


MANAGER_VERBS = [
    (Verb.ACCEPT, State.SUBMITTED),
    (Verb.REFUSE, State.SUBMITTED),
    (Verb.DISPATCH, State.ACCEPTED),
    (Verb.REDO, State.CHECKING),
    (Verb.CLOSE, State.CHECKING),
]


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "state"), MANAGER_VERBS)
@pytest.mark.parametrize("who", ["other_manager", "clerk", "handler", "citizen", "supervisor"])
def test_only_the_markets_manager(city, verb, state, who):
    report = brought_to(state, city)
    city.manager = getattr(city, who)
    with pytest.raises(ReportRefused) as refusal:
        do(verb, report, city)
    assert refusal.value.code == "not_yours"
    assert fresh(report).state == state


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "state"), MANAGER_VERBS)
def test_nobody_decides_about_their_own_report(city, verb, state):
    report = brought_to(state, city)
    report.reporter = city.manager
    report.save(update_fields=["reporter"])
    with pytest.raises(ReportRefused) as refusal:
        do(verb, report, city)
    assert refusal.value.code == "own_report"
    assert not Transfer.objects.exists()


def test_unknown_report(city):
    with pytest.raises(ReportRefused) as refusal:
        actions.verify_report(report_id=404, by=city.manager)
    assert refusal.value.code == "unknown_report"


# ---- dispatch


def test_dispatch_sets_department_clock_and_order(city, bell, django_capture_on_commit_callbacks):
    report = submit(city)
    with django_capture_on_commit_callbacks(execute=True):
        accepted = actions.verify_report(report_id=report.pk, by=city.manager)
    assert bell == ["reports.do_due_follow_ups"]
    assert tasks.do_due_follow_ups() == 1
    report = fresh(report)
    order = order_of(report)
    assert (report.state, report.department) == (State.DISPATCHED, city.department)
    assert (order.mode, order.handler, order.rule) == ("grab", None, city.rule)
    assert accepted.at < report.respond_due_at < report.resolve_due_at
    step = report.moves.last()
    assert (step.verb, step.by) == (Verb.DISPATCH, None)
    assert FollowUp.objects.get().due_at is None


def test_urgent_clock_counts_every_minute(city):
    city.rule.category = None
    city.rule.respond_minutes = 45
    city.rule.save(update_fields=["category", "respond_minutes"])
    report = brought_to(State.DISPATCHED, city, category=city.food_category)
    accepted = report.moves.get(verb=Verb.ACCEPT)
    assert report.respond_due_at == accepted.at + dt.timedelta(minutes=45)
    assert report.resolve_due_at == accepted.at + dt.timedelta(minutes=240)


def test_follow_up_twice_dispatches_once(city):
    report = brought_to(State.DISPATCHED, city)
    row = FollowUp.objects.get()
    assert actions.dispatch(follow_up_id=row.pk) is None
    FollowUp.objects.update(due_at=timezone.now())
    tasks.do_due_follow_ups()
    assert Order.objects.filter(report=report).count() == 1
    assert verbs(report).count(Verb.DISPATCH) == 1
    assert FollowUp.objects.get().due_at is None


def test_no_rule_stays_accepted_and_is_shown_as_stuck(city):
    city.rule.delete()
    report = submit(city)
    actions.verify_report(report_id=report.pk, by=city.manager)
    tasks.do_due_follow_ups()
    row = FollowUp.objects.get()
    assert fresh(report).state == State.ACCEPTED
    assert row.stuck_at is not None
    assert "玉林综合市场" in row.last_error
    assert "占道经营" in row.last_error


def test_by_hand_gets_a_stuck_report_going(city):
    city.rule.delete()
    report = submit(city)
    actions.verify_report(report_id=report.pk, by=city.manager)
    tasks.do_due_follow_ups()
    order = actions.dispatch_by_hand(
        report_id=report.pk,
        department=city.department,
        by=city.manager,
        mode="assign",
        handler=city.handler,
    )
    row = FollowUp.objects.get()
    assert (row.stuck_at, row.due_at) == (None, None)
    assert (order.handler, order.taken_at) == (city.handler, None)
    assert fresh(report).moves.last().by == city.manager


def test_broken_rules_are_reported_not_skipped(city):
    DispatchRule.objects.create(district=city.district, department=city.department, position=99)
    city.department.district = city.other_district
    city.department.save(update_fields=["district"])
    report = submit(city)
    step = actions.verify_report(report_id=report.pk, by=city.manager)
    with pytest.raises(DispatchRefused) as refusal:
        actions.dispatch(follow_up_id=step.follow_ups.get().pk)
    assert (refusal.value.code, refusal.value.params["what"]) == ("broken_rule", "department")
    assert refusal.value.params["rule"] == city.rule


def test_a_rule_whose_handler_left_is_broken(city):
    city.rule.mode, city.rule.handler = "assign", city.other_handler
    city.rule.save(update_fields=["mode", "handler"])
    report = submit(city)
    actions.verify_report(report_id=report.pk, by=city.manager)
    tasks.do_due_follow_ups()
    row = FollowUp.objects.get()
    assert row.stuck_at is not None
    assert "城管" in row.last_error


def test_rules_are_tried_in_order(city):
    def rule(position: int, **about):
        return DispatchRule.objects.create(
            district=city.district, position=position, department=city.department, **about
        )

    report = submit(city)
    assert actions.dispatch is not None
    from reports.queries import rule_for

    assert rule_for(report) == city.rule  # of the upper type, at 10
    exact = rule(9, market=city.market, category=city.category)
    assert rule_for(report) == exact
    rule(1, market=city.other_market)
    rule(2, category=city.food_category)
    rule(3, is_active=False)
    assert rule_for(report) == exact
    catch_all = rule(4)
    assert rule_for(report) == catch_all


def test_by_hand_refuses_what_cannot_be(city):
    report = brought_to(State.SUBMITTED, city)
    actions.verify_report(report_id=report.pk, by=city.manager)

    def code(**about) -> str:
        with pytest.raises(DispatchRefused) as refusal:
            actions.dispatch_by_hand(
                **{"report_id": report.pk, "department": city.department, "by": city.manager}
                | about
            )
        return refusal.value.code

    assert code(mode="assign") == "handler_needed"
    assert code(mode="assign", handler=city.other_handler) == "wrong_handler"
    city.department.market = city.other_market
    city.department.save(update_fields=["market"])
    assert code() == "wrong_department"
    assert fresh(report).state == State.ACCEPTED


# ---- orders


def test_take_writes_who_and_when(city):
    report = brought_to(State.DISPATCHED, city)
    order = actions.take_order(order_id=order_of(report).pk, by=city.handler)
    step = report.moves.last()
    assert (order.handler, order.taken_at) == (city.handler, step.at)
    assert (fresh(report).state, step.by) == (State.IN_PROGRESS, city.handler)


def test_second_taker_is_told_who_was_faster(city):
    report = brought_to(State.IN_PROGRESS, city)
    with pytest.raises(OrderRefused) as refusal:
        actions.take_order(order_id=order_of(report).pk, by=city.second_handler)
    assert refusal.value.code == "taken"
    assert refusal.value.params == {"by": "handler", "at": order_of(report).taken_at}


def test_taking_ones_own_again_changes_nothing(city):
    report = brought_to(State.IN_PROGRESS, city)
    before = order_of(report).taken_at
    assert actions.take_order(order_id=order_of(report).pk, by=city.handler).taken_at == before
    assert verbs(report).count(Verb.TAKE) == 1


def test_only_the_department_takes(city):
    report = brought_to(State.DISPATCHED, city)
    for who in (city.other_handler, city.citizen, city.manager):
        with pytest.raises(OrderRefused) as refusal:
            actions.take_order(order_id=order_of(report).pk, by=who)
        assert refusal.value.code == "other_department"


def test_an_assigned_order_is_its_handlers(city):
    city.rule.mode, city.rule.handler = "assign", city.handler
    city.rule.save(update_fields=["mode", "handler"])
    report = brought_to(State.DISPATCHED, city)
    with pytest.raises(OrderRefused) as refusal:
        actions.take_order(order_id=order_of(report).pk, by=city.second_handler)
    assert (refusal.value.code, refusal.value.params) == ("assigned", {"by": "handler"})
    actions.take_order(order_id=order_of(report).pk, by=city.handler)
    assert fresh(report).state == State.IN_PROGRESS


def test_finish_needs_a_photo(city):
    report = brought_to(State.IN_PROGRESS, city)
    with pytest.raises(OrderRefused) as refusal:
        finish(report, city.handler, photo=None)
    assert refusal.value.code == "after_needed"
    assert fresh(report).state == State.IN_PROGRESS


def test_finish_twice_with_one_key_is_one_step(city):
    report, key = brought_to(State.IN_PROGRESS, city), uuid4()
    finish(report, city.handler, key=key)
    finish(report, city.handler, key=key)
    assert verbs(report).count(Verb.FINISH) == 1
    assert Photo.objects.filter(report=report, kind="after").count() == 1
    assert order_of(report).finished_at is not None


def test_finish_key_of_another_report(city):
    one, two, key = brought_to("in_progress", city), brought_to("in_progress", city), uuid4()
    finish(one, city.handler, key=key)
    with pytest.raises(ReportRefused) as refusal:
        finish(two, city.handler, key=key)
    assert refusal.value.code == "key_taken"


def test_only_the_taker_finishes(city):
    report = brought_to(State.IN_PROGRESS, city)
    with pytest.raises(OrderRefused) as refusal:
        finish(report, city.second_handler)
    assert refusal.value.code == "taken"


def test_unreadable_after_photo_can_be_replaced_once(city):
    report = brought_to(State.CHECKING, city)

    def again():
        return actions.add_after_photo(
            key=uuid4(), order_id=order_of(report).pk, by=city.handler, photo=after_photo(seed=8)
        )

    with pytest.raises(OrderRefused) as refusal:
        again()
    assert refusal.value.code == "too_many_photos"
    Photo.objects.filter(report=report, kind="after").update(status="failed")
    step = again()
    assert (step.verb, step.to_state) == (Verb.ADD_PHOTO, State.CHECKING)
    tasks.process_due_photos()
    actions.close_report(report_id=report.pk, by=city.manager)


# ---- closing


def test_closing_awards_publishes_and_ends_the_order(city):
    report = brought_to(State.CHECKING, city)
    order = order_of(report)
    step = actions.close_report(report_id=report.pk, by=city.manager)
    report = fresh(report)
    order.refresh_from_db()
    (transfer,) = Transfer.objects.all()
    assert (transfer.points, transfer.source, transfer.reason) == (
        20,
        f"report:{report.number}",
        "verified",
    )
    assert transfer.by == city.manager
    assert transfer.credit.holder_id == city.citizen.pk
    assert (report.state, report.closed_at, report.is_public) == (State.CLOSED, step.at, True)
    assert (report.points, report.points_cut) == (20, 0)
    assert order.ended_at == step.at


def test_what_a_cap_cuts_off_is_kept_to_be_told(city):
    city.programme.monthly_cap_per_person = 30
    city.programme.save(update_fields=["monthly_cap_per_person"])
    first, second, third = (brought_to(State.CLOSED, city) for _each in range(3))
    assert (first.points, first.points_cut) == (20, 0)
    assert (second.points, second.points_cut) == (10, 10)
    assert (third.points, third.points_cut) == (0, 20)


def test_no_points_rule_closes_without_points(city):
    city.category.rule_code = ""
    city.category.save(update_fields=["rule_code"])
    report = brought_to(State.CLOSED, city)
    assert (report.points, Transfer.objects.count()) == (0, 0)


def test_a_rule_the_programme_lacks_keeps_the_report_open(city):
    city.category.rule_code = "no_such_rule"
    city.category.save(update_fields=["rule_code"])
    report = brought_to(State.CHECKING, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.close_report(report_id=report.pk, by=city.manager)
    assert (refusal.value.code, refusal.value.params) == (
        "award_failed",
        {"reason": "unknown_rule"},
    )
    assert fresh(report).state == State.CHECKING


@pytest.mark.parametrize(
    ("kinds", "status", "code"),
    [
        (["near"], "failed", "before_missing"),
        (["near"], "pending", "photos_pending"),
        (["after"], "failed", "after_missing"),
        (["after"], "pending", "photos_pending"),
    ],
)
def test_no_closing_without_a_pair(city, kinds, status, code):
    report = brought_to(State.CHECKING, city)
    Photo.objects.filter(report=report, kind__in=kinds).update(status=status)
    with pytest.raises(ReportRefused) as refusal:
        actions.close_report(report_id=report.pk, by=city.manager)
    assert refusal.value.code == code
    assert not Transfer.objects.exists()


def test_sent_back_needs_a_new_after_photo(city):
    report = brought_to(State.CHECKING, city)
    actions.redo_report(report_id=report.pk, by=city.manager, why="还有菜叶")
    assert order_of(report).finished_at is None
    finish(report, city.handler)
    with pytest.raises(ReportRefused) as refusal:
        actions.close_report(report_id=report.pk, by=city.manager)
    assert refusal.value.code == "photos_pending"
    tasks.process_due_photos()
    actions.close_report(report_id=report.pk, by=city.manager)
    assert verbs(report)[-4:] == [Verb.FINISH, Verb.REDO, Verb.FINISH, Verb.CLOSE]


def test_an_urgent_fix_is_checked_by_somebody_else(city):
    city.rule.category = None
    city.rule.save(update_fields=["category"])
    both = make_staff("both", Role.HANDLER, department=city.department)
    both.roles.create(role=Role.MANAGER, market=city.market)
    report = brought_to(State.DISPATCHED, city, category=city.food_category)
    actions.take_order(order_id=order_of(report).pk, by=both)
    finish(report, both)
    tasks.process_due_photos()
    with pytest.raises(ReportRefused) as refusal:
        actions.close_report(report_id=report.pk, by=both)
    assert refusal.value.code == "own_fix"
    actions.close_report(report_id=report.pk, by=city.manager)
    assert fresh(report).points == 50


# ---- adding photos


def test_add_photo_up_to_four_readable_ones(city):
    report = brought_to(State.SUBMITTED, city)

    def add(seed: int, key=None):
        return actions.add_photo(
            key=key or uuid4(), report_id=report.pk, by=city.citizen, photo=new_photo(seed=seed)
        )

    key = uuid4()
    assert add(2, key) == add(2, key)
    add(3)
    add(4)
    with pytest.raises(ReportRefused) as refusal:
        add(5)
    assert refusal.value.code == "too_many_photos"
    Photo.objects.filter(report=report).order_by("id").first()
    actions.record_failed(photo_id=report.photos.first().pk, code="unreadable")
    add(5)
    assert report.photos.count() == 5
    assert ReportMove.objects.filter(report=report, verb=Verb.ADD_PHOTO).count() == 4


def test_only_the_reporter_adds(city):
    report = brought_to(State.SUBMITTED, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.add_photo(
            key=uuid4(), report_id=report.pk, by=city.stranger, photo=new_photo(seed=2)
        )
    assert refusal.value.code == "not_yours"


def test_nothing_is_added_without_a_photo(city):
    report = brought_to(State.SUBMITTED, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.add_photo(key=uuid4(), report_id=report.pk, by=city.citizen)
    assert refusal.value.code == "photo_needed"


def test_the_reporter_adds_nothing_to_the_check(city):
    report = brought_to(State.CHECKING, city)
    with pytest.raises(ReportRefused) as refusal:
        actions.add_photo(
            key=uuid4(), report_id=report.pk, by=city.citizen, photo=new_photo(seed=2)
        )
    assert refusal.value.code == "not_allowed"
