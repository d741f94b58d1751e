import datetime as dt

import pytest

from points import queries
from points.actions import PointsRefused, expire, person, reverse
from points.models import MonthlyTotal
from tests.points.ledger import assert_whole, give, make_ledger, make_rule, use, when

pytestmark = pytest.mark.django_db
LI = person(1)
NOW = when(2026, 11, 20)


@pytest.fixture
def programme(time_machine):
    time_machine.move_to(NOW, tick=False)
    return make_ledger()


def take_back(transfer, key="back"):
    return reverse(transfer_id=transfer.pk, by=None, memo="copied photo", key=key)


def test_an_award_is_taken_back_by_its_opposite(programme):
    give(LI, programme, 5, at=when(2026, 1, 5))
    given = give(LI, programme, 20, at=when(2026, 3, 5), source="report:9").transfer
    give(LI, programme, 5)
    contra = take_back(given)
    assert (contra.debit, contra.credit) == (given.credit, given.debit)
    assert (contra.points, contra.cut, contra.reverses) == (20, 0, given)
    assert (contra.source, contra.reason, contra.rule_id) == ("report:9", "reporter", given.rule_id)
    assert contra.debit_after == 10
    assert contra.booked_on == NOW.date()
    assert MonthlyTotal.objects.get(month=dt.date(2026, 3, 1)).earned == 0
    assert queries.available(LI, programme) == 10
    assert_whole()


def test_its_own_bucket_comes_first_then_the_soonest(programme):
    give(LI, programme, 5, at=when(2026, 1, 5))
    given = give(LI, programme, 20, at=when(2026, 3, 5)).transfer
    give(LI, programme, 8, at=when(2026, 5, 5))
    use(LI, programme, 15)  # 5 of January, 10 of March
    give(LI, programme, 5, at=when(2026, 2, 5))
    take_back(given)
    assert queries.expiring_next(LI, programme) == (3, dt.date(2027, 5, 31))
    assert_whole()


def test_what_was_spent_is_not_owed(programme):
    given = give(LI, programme, 20).transfer
    use(LI, programme, 15)
    contra = take_back(given)
    assert (contra.points, contra.cut) == (5, 15)
    assert queries.available(LI, programme) == 0
    assert queries.month_earned(LI, programme) == 15
    assert_whole()


def test_nothing_left(programme):
    given = give(LI, programme, 20).transfer
    use(LI, programme, 20)
    with pytest.raises(PointsRefused) as refused:
        take_back(given)
    assert refused.value.code == "nothing_left"
    assert_whole()


def test_dead_points_are_not_taken_back(programme, time_machine):
    given = give(LI, programme, 20).transfer
    time_machine.move_to(when(2027, 12, 1), tick=False)
    give(LI, programme, 20)
    for _ in range(2):  # whether the night has been by or not
        with pytest.raises(PointsRefused) as refused:
            take_back(given)
        assert refused.value.code == "award_expired"
        assert refused.value.params["expired_on"] == dt.date(2027, 11, 30)
        expire(on=dt.date(2027, 12, 1))
    assert queries.available(LI, programme) == 20


def test_once(programme):
    given = give(LI, programme, 20).transfer
    first = take_back(given, key="a")
    assert take_back(given, key="a") == first
    with pytest.raises(PointsRefused) as refused:
        take_back(given, key="b")
    assert refused.value.code == "already_reversed"
    other = give(LI, programme, 20).transfer
    with pytest.raises(PointsRefused) as refused:
        take_back(other, key="a")
    assert refused.value.code == "key_conflict"


def test_the_same_source_is_not_paid_again(programme):
    given = give(LI, programme, 20, source="report:9").transfer
    take_back(given)
    assert give(LI, programme, 20, source="report:9").first is False
    assert queries.available(LI, programme) == 0


def test_only_awards(programme):
    give(LI, programme, 20)
    with pytest.raises(PointsRefused) as refused:
        take_back(use(LI, programme, 5))
    assert refused.value.code == "not_reversible"
    with pytest.raises(PointsRefused) as refused:
        reverse(transfer_id=10**9, by=None, memo="", key="k")
    assert refused.value.code == "unknown_transfer"


def test_taking_back_makes_room_under_the_caps(time_machine):
    time_machine.move_to(NOW, tick=False)
    programme = make_ledger(cap=60)
    make_rule(programme, "club", 20, monthly_cap_per_person=20)
    given = give(LI, programme, 1, rule_code="club").transfer
    assert give(LI, programme, 1, rule_code="club").cut == 20
    take_back(given)
    assert give(LI, programme, 1, rule_code="club").cut == 0
    assert give(LI, programme, 60).points == 40
    assert_whole()
