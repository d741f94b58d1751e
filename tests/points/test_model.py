"""Random stories, told to the ledger and to a model that is too simple to be wrong."""

import datetime as dt
import os
from dataclasses import dataclass, field

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points import queries
from points.actions import PointsRefused, expire, person, refund, reverse
from points.calendar import expiry_of
from points.models import Account, Bucket, Programme, Transfer
from tests.points.ledger import SHANGHAI, assert_whole, give, make_ledger, use

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PEOPLE = [person(1), person(2), person(3)]
CAP = 60


@dataclass
class Purse:
    """One person: last day → points, and what was earned by month."""

    left: dict[dt.date, int] = field(default_factory=dict)
    earned: dict[tuple[int, int], int] = field(default_factory=dict)

    def alive(self, today: dt.date) -> int:
        return sum(points for day, points in self.left.items() if day >= today)

    def take(self, points: int, days: list[dt.date]) -> dict[dt.date, int]:
        taken: dict[dt.date, int] = {}
        for day in days:
            part = min(points, self.left[day])
            if part:
                taken[day] = part
                self.left[day] -= part
                points -= part
        return taken


class LedgerStories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.today = dt.date(2026, 1, 15)
        self.clock = time_machine.travel(self.now, tick=False)
        self.clock.start()
        self.programme: Programme = make_ledger(validity_months=2, cap=CAP)
        self.purses = {holder: Purse() for holder in PEOPLE}
        self.awards: list[tuple[int, int]] = []  # person, transfer
        self.spends: dict[int, tuple[int, dict[dt.date, int]]] = {}
        self.undone: set[int] = set()

    def teardown(self) -> None:
        try:
            assert_whole()
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.combine(self.today, dt.time(12), SHANGHAI)

    @initialize(day=st.dates(dt.date(2026, 1, 1), dt.date(2028, 3, 1)))
    def begin(self, day: dt.date) -> None:
        self._set_day(day)

    def _set_day(self, day: dt.date) -> None:
        self.today = day
        self.clock.stop()
        self.clock = time_machine.travel(self.now, tick=False)
        self.clock.start()

    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self._set_day(self.today + dt.timedelta(days=days))

    @rule(who=st.sampled_from(PEOPLE), points=st.integers(1, 40))
    def earn(self, who, points: int) -> None:
        purse = self.purses[who]
        month = (self.today.year, self.today.month)
        room = CAP - purse.earned.get(month, 0)
        given = give(who, self.programme, points)
        assert given.points == max(0, min(points, room))
        assert given.cut == points - given.points
        if given.transfer:
            day = expiry_of(self.today, 2)
            assert given.transfer.expires_on == day
            purse.left[day] = purse.left.get(day, 0) + given.points
            purse.earned[month] = purse.earned.get(month, 0) + given.points
            self.awards.append((PEOPLE.index(who), given.transfer.pk))

    @rule(who=st.sampled_from(PEOPLE), points=st.integers(1, 70))
    def spend(self, who, points: int) -> None:
        purse = self.purses[who]
        have = purse.alive(self.today)
        if points > have:
            with pytest.raises(PointsRefused) as refused:
                use(who, self.programme, points)
            assert refused.value.params == {"have": have, "need": points}
            return
        transfer = use(who, self.programme, points)
        days = sorted(day for day in purse.left if day >= self.today)
        self.spends[transfer.pk] = (PEOPLE.index(who), purse.take(points, days))

    @precondition(lambda self: self.spends)
    @rule(data=st.data())
    def give_back(self, data) -> None:
        pk = data.draw(st.sampled_from(sorted(self.spends)))
        if pk in self.undone:
            with pytest.raises(PointsRefused):
                refund(transfer_id=pk, source="r", by=None, key=f"again-{pk}")
            return
        refund(transfer_id=pk, source="r", by=None, key=f"refund-{pk}")
        self.undone.add(pk)
        who, taken = self.spends[pk]
        for day, points in taken.items():
            self.purses[PEOPLE[who]].left[day] += points

    @precondition(lambda self: self.awards)
    @rule(data=st.data())
    def take_back(self, data) -> None:
        who, pk = data.draw(st.sampled_from(self.awards))
        purse = self.purses[PEOPLE[who]]
        award = Transfer.objects.get(pk=pk)
        alive = sorted(day for day in purse.left if day >= self.today)
        own_first = sorted(alive, key=lambda day: day != award.expires_on)
        expected = min(award.points, purse.alive(self.today))
        if pk in self.undone or award.expires_on < self.today or not expected:
            with pytest.raises(PointsRefused):
                reverse(transfer_id=pk, by=None, memo="", key=f"again-{pk}")
            return
        contra = reverse(transfer_id=pk, by=None, memo="", key=f"reverse-{pk}")
        assert (contra.points, contra.cut) == (expected, award.points - expected)
        self.undone.add(pk)
        purse.take(expected, own_first)
        month = (award.booked_on.year, award.booked_on.month)
        purse.earned[month] -= expected

    @rule()
    def night(self) -> None:
        dead = {
            who: [day for day, points in purse.left.items() if day < self.today and points]
            for who, purse in self.purses.items()
        }
        expected = (
            sum(1 for days in dead.values() if days),
            sum(len(days) for days in dead.values()),
            sum(self.purses[who].left[day] for who, days in dead.items() for day in days),
        )
        assert expire(on=self.today, chunk=2) == expected
        for who, days in dead.items():
            for day in days:
                self.purses[who].left[day] = 0
        assert expire(on=self.today, chunk=2) == (0, 0, 0)
        assert_whole()

    @invariant()
    def agrees_with_the_model(self) -> None:
        for who, purse in self.purses.items():
            buckets = Bucket.objects.filter(account__holder_id=who.id, remaining__gt=0)
            assert dict(buckets.values_list("expires_on", "remaining")) == {
                day: points for day, points in purse.left.items() if points
            }
            assert queries.available(who, self.programme) == purse.alive(self.today)
            balance = Account.objects.filter(kind="person", holder_id=who.id).first()
            assert (balance.balance if balance else 0) == sum(purse.left.values())
            month = (self.today.year, self.today.month)
            assert queries.month_earned(who, self.programme) == purse.earned.get(month, 0)
            rows = queries.statement(who, self.programme, limit=1000)
            running = 0
            for row in reversed(rows):
                running += row.points
                assert row.balance == running


def test_random_stories():
    """By default a few dozen stories; LEDGER_STORIES=1000 tells more."""
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        LedgerStories,
        settings=settings(
            max_examples=int(os.environ.get("LEDGER_STORIES", "30")),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize="LEDGER_STORIES" not in os.environ,
        ),
    )
