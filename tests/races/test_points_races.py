"""Two at once. Every test has a control that takes the lock away and sees the harm."""

import datetime as dt
import random

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from points import queries
from points.actions import (
    PointsRefused,
    awards,
    expire,
    expiry,
    hold,
    locks,
    person,
    posting,
    refund,
    spending,
)
from points.models import Account, Transfer
from tests.points.ledger import assert_whole, give, make_ledger, use, when
from tests.points.threads import Gate, all_at_once, while_first_waits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
LI, WANG = person(1), person(2)


@pytest.fixture
def programme():
    return make_ledger()


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def no_lock(monkeypatch):
    """The control: accounts are read, but no longer locked."""
    assert "FOR NO KEY UPDATE OF a" in locks.LOCK
    assert "FOR NO KEY UPDATE" in locks.LOCK_BY_ID
    monkeypatch.setattr(locks, "LOCK", locks.LOCK.replace("FOR NO KEY UPDATE OF a", ""))
    monkeypatch.setattr(locks, "LOCK_BY_ID", locks.LOCK_BY_ID.replace("FOR NO KEY UPDATE", ""))


def code(outcome):
    assert isinstance(outcome, PointsRefused), repr(outcome)
    return outcome.code


def spends():
    return Transfer.objects.filter(kind="spend").count()


# --- the same points twice ----------------------------------------------------------------------


def spend_twice(programme, gate, monkeypatch):
    give(LI, programme, 10)
    monkeypatch.setattr(spending, "open_buckets", gate.after(spending.open_buckets))
    return while_first_waits(gate, lambda: use(LI, programme, 10), lambda: use(LI, programme, 10))


def test_points_are_spent_once(programme, gate, monkeypatch):
    first, second, waited = spend_twice(programme, gate, monkeypatch)
    assert isinstance(first, Transfer)
    assert waited
    assert code(second) == "not_enough"
    assert spends() == 1
    assert_whole()


def test_control_without_the_lock_only_the_constraint_is_left(
    programme, gate, monkeypatch, no_lock
):
    first, second, waited = spend_twice(programme, gate, monkeypatch)
    assert not waited
    assert isinstance(second, Transfer)
    assert isinstance(first, IntegrityError)


def test_a_crowd_spends_what_there_is_and_no_more(programme):
    give(LI, programme, 30)
    outcomes = all_at_once([lambda: use(LI, programme, 7) for _ in range(8)])
    assert sum(isinstance(outcome, Transfer) for outcome in outcomes) == 4
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Transfer)]
    assert {code(outcome) for outcome in refused} == {"not_enough"}
    assert queries.available(LI, programme) == 2
    assert_whole()


# --- the same key twice -------------------------------------------------------------------------


def same_key_twice(programme, gate, monkeypatch):
    give(LI, programme, 10)
    monkeypatch.setattr(spending, "find", gate.after(spending.find))

    def deed():
        return use(LI, programme, 10, key="slip", source="redemption:1")

    return while_first_waits(gate, deed, deed)


def test_a_double_tap_is_one_spend(programme, gate, monkeypatch):
    first, second, waited = same_key_twice(programme, gate, monkeypatch)
    assert waited
    assert first == second
    assert spends() == 1
    assert_whole()


def test_control_without_the_lock_the_repeat_is_refused(programme, gate, monkeypatch, no_lock):
    first, second, waited = same_key_twice(programme, gate, monkeypatch)
    assert not waited
    assert isinstance(second, Transfer)
    assert code(first) == "not_enough"  # though it is a repeat of what went well


def key_of_two(programme, gate, monkeypatch):
    give(LI, programme, 10)
    give(WANG, programme, 10)
    monkeypatch.setattr(spending, "find", gate.after(spending.find))
    return while_first_waits(
        gate,
        lambda: use(LI, programme, 10, key="slip"),
        lambda: use(WANG, programme, 10, key="slip"),
    )


def test_one_key_of_two_people_is_an_error_that_names_both(programme, gate, monkeypatch):
    first, second, _waited = key_of_two(programme, gate, monkeypatch)
    assert isinstance(second, Transfer)
    assert code(first) == "key_conflict"
    assert "person:2" in first.params["first"]
    assert "person:1" in first.params["asked"]
    assert spends() == 1
    assert_whole()


def test_control_a_plain_insert_breaks_the_callers_transaction(programme, gate, monkeypatch):
    monkeypatch.setattr(posting, "SPEND", posting.SPEND.replace("ON CONFLICT DO NOTHING", ""))
    first, _second, _waited = key_of_two(programme, gate, monkeypatch)
    assert isinstance(first, IntegrityError)


def test_a_crowd_with_one_key_is_one_spend(programme):
    give(LI, programme, 30)
    outcomes = all_at_once(
        [lambda: use(LI, programme, 7, key="slip", source="redemption:1") for _ in range(8)]
    )
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert queries.available(LI, programme) == 23
    assert_whole()


# --- the same source twice ----------------------------------------------------------------------


def same_source(programme, gate, monkeypatch, other):
    give(LI, programme, 1)
    give(WANG, programme, 1)
    monkeypatch.setattr(awards, "find", gate.after(awards.find))
    return while_first_waits(
        gate,
        lambda: give(LI, programme, 20, source="report:7"),
        lambda: give(other, programme, 20, source="report:7"),
    )


def test_a_report_closed_twice_at_once_pays_once(programme, gate, monkeypatch):
    first, second, waited = same_source(programme, gate, monkeypatch, LI)
    assert waited
    assert (first.first, second.first) == (True, False)
    assert first.transfer == second.transfer
    assert queries.available(LI, programme) == 21
    assert_whole()


def test_a_source_that_pays_two_people_at_once_pays_one(programme, gate, monkeypatch):
    first, second, _waited = same_source(programme, gate, monkeypatch, WANG)
    assert second.first is True
    assert code(first) == "source_conflict"
    assert "person:2" in first.params["first"]
    assert Transfer.objects.filter(source="report:7").count() == 1
    assert_whole()


def test_control_without_the_index_both_are_paid(programme, gate, monkeypatch):
    index = "CREATE UNIQUE INDEX points_award_once ON points_transfer (source, reason)"
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX points_award_once")
        try:
            monkeypatch.setattr(awards, "award_key", lambda source, reason: str(random.random()))
            first, second, _waited = same_source(programme, gate, monkeypatch, WANG)
            assert first.first
            assert second.first
            assert Transfer.objects.filter(source="report:7").count() == 2
        finally:
            cursor.execute("TRUNCATE points_transfer CASCADE")
            cursor.execute(index + " WHERE kind = 'award'")


# --- a cap --------------------------------------------------------------------------------------


def near_the_cap(gate, monkeypatch):
    programme = make_ledger(cap=30)
    give(LI, programme, 1)
    monkeypatch.setattr(awards, "_room", gate.after(awards._room))
    outcomes = while_first_waits(
        gate, lambda: give(LI, programme, 20), lambda: give(LI, programme, 20)
    )
    return programme, outcomes


def test_a_cap_is_kept_by_two_awards_at_once(gate, monkeypatch):
    programme, (first, second, waited) = near_the_cap(gate, monkeypatch)
    assert waited
    assert (first.points, second.points, second.cut) == (20, 9, 11)
    assert queries.month_earned(LI, programme) == 30
    assert_whole()


def test_control_without_the_lock_a_cap_is_passed(gate, monkeypatch, no_lock):
    programme, (_first, _second, waited) = near_the_cap(gate, monkeypatch)
    assert not waited
    assert queries.month_earned(LI, programme) == 41


# --- expiry and spending ------------------------------------------------------------------------

LAST_MINUTE = when(2026, 1, 31, 23, 59)
NEXT_DAY = dt.date(2026, 2, 1)


def spend_while_it_expires(programme, gate, monkeypatch):
    give(LI, programme, 10, at=when(2025, 1, 5))
    monkeypatch.setattr(spending, "open_buckets", gate.after(spending.open_buckets))
    return while_first_waits(
        gate, lambda: use(LI, programme, 6, at=LAST_MINUTE), lambda: expire(on=NEXT_DAY)
    )


def test_what_was_being_spent_does_not_expire(programme, gate, monkeypatch):
    first, second, waited = spend_while_it_expires(programme, gate, monkeypatch)
    assert waited
    assert isinstance(first, Transfer)
    assert second == (1, 1, 4)
    assert_whole()


def test_control_without_the_lock_it_expires_under_the_spender(
    programme, gate, monkeypatch, no_lock
):
    first, second, waited = spend_while_it_expires(programme, gate, monkeypatch)
    assert not waited
    assert second == (1, 1, 10)
    assert isinstance(first, IntegrityError)


def test_what_is_expiring_is_not_spent(programme, gate, monkeypatch):
    give(LI, programme, 10, at=when(2025, 1, 5))
    monkeypatch.setattr(expiry, "lock_by_id", gate.after(expiry.lock_by_id))
    first, second, waited = while_first_waits(
        gate, lambda: expire(on=NEXT_DAY), lambda: use(LI, programme, 6, at=LAST_MINUTE)
    )
    assert waited
    assert first == (1, 1, 10)
    assert second.params == {"have": 0, "need": 6}
    assert_whole()


def test_two_nights_at_once_expire_once(programme):
    for number in range(1, 40):
        give(person(number), programme, number, at=when(2025, 1, 5))
    outcomes = all_at_once([lambda: expire(on=NEXT_DAY, chunk=5) for _ in range(3)])
    assert sum(outcome.points for outcome in outcomes) == sum(range(1, 40))
    assert Transfer.objects.filter(kind="expiry").count() == 39
    assert_whole()


# --- refunds ------------------------------------------------------------------------------------


def refund_twice(programme, gate, monkeypatch):
    give(LI, programme, 10)
    spent = use(LI, programme, 10)
    monkeypatch.setattr(spending, "find", gate.after(spending.find))

    def deed(key):
        return lambda: refund(transfer_id=spent.pk, source="redemption:1", by=None, key=key)

    return while_first_waits(gate, deed("a"), deed("b"))


def test_a_spend_is_refunded_once(programme, gate, monkeypatch):
    first, second, waited = refund_twice(programme, gate, monkeypatch)
    assert waited
    assert isinstance(first, Transfer)
    assert code(second) == "already_refunded"
    assert queries.available(LI, programme) == 10
    assert_whole()


def test_even_without_the_lock_a_spend_is_refunded_once(programme, gate, monkeypatch, no_lock):
    """Not a control: one contra-entry per transfer is also a unique column."""
    first, second, waited = refund_twice(programme, gate, monkeypatch)
    assert not waited
    assert isinstance(second, Transfer)
    assert code(first) == "already_refunded"
    assert queries.available(LI, programme) == 10


# --- two accounts -------------------------------------------------------------------------------


def two_and_two(programme, gate, *, holding):
    """One transaction pays Li then Wang, the other Wang then Li."""
    give(LI, programme, 1)
    give(WANG, programme, 1)

    def pay(one, other):
        def deed():
            with transaction.atomic():
                if holding:
                    hold(programme=programme, holders=[one, other])
                give(one, programme, 5)
                gate.pass_through()
                give(other, programme, 5)

        return deed

    return while_first_waits(gate, pay(LI, WANG), pay(WANG, LI))


def test_two_accounts_are_locked_in_one_order(programme, gate):
    first, second, waited = two_and_two(programme, gate, holding=True)
    assert (first, second) == (None, None)
    assert waited
    assert queries.available(LI, programme) == queries.available(WANG, programme) == 11
    assert_whole()


def test_control_in_two_orders_they_wait_for_each_other(programme, gate):
    first, second, waited = two_and_two(programme, gate, holding=False)
    assert waited
    failed = [outcome for outcome in (first, second) if outcome]
    assert len(failed) == 1
    assert isinstance(failed[0], OperationalError)
    assert "deadlock" in str(failed[0])


# --- opening accounts ---------------------------------------------------------------------------


def test_the_first_points_of_one_person_from_many_sides():
    programme = make_ledger()
    outcomes = all_at_once([lambda: give(LI, programme, 5) for _ in range(6)])
    assert all(outcome.first for outcome in outcomes), outcomes
    assert Account.objects.filter(kind="person").count() == 1
    assert queries.available(LI, programme) == 30
    assert_whole()


def test_a_busy_day(programme):
    """Everything at once, for a few people: nothing but refusals goes wrong."""
    people = [person(number) for number in range(1, 4)]
    for each in people:
        give(each, programme, 40, at=when(2025, 1, 5))
        give(each, programme, 60, at=when(2025, 6, 5))

    def resident(seed):
        choose = random.Random(seed)

        def deed():
            for _ in range(12):
                who = choose.choice(people)
                try:
                    spent = use(who, programme, choose.randint(1, 15), at=LAST_MINUTE)
                    if choose.random() < 0.4:
                        refund(transfer_id=spent.pk, source="r", by=None, key=f"r{spent.pk}")
                    give(who, programme, choose.randint(1, 9), at=LAST_MINUTE)
                except PointsRefused as refused:
                    if refused.code != "not_enough":
                        raise

        return deed

    outcomes = all_at_once([*(resident(seed) for seed in range(5)), lambda: expire(on=NEXT_DAY)])
    assert [outcome for outcome in outcomes[:-1] if outcome is not None] == []
    assert outcomes[-1].accounts == 3
    assert_whole()
