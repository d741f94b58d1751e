"""What the year's reports earned and what was bought with it, through the ledger's bulk doors."""

import datetime as dt
import random
import uuid
from collections import defaultdict

from django.db import connection
from django.utils import timezone

from accounts.models import User
from markets.models import Market
from pages.demo.places import Places
from points.actions import BulkAward, bulk_award, expire, person
from points.calendar import month_end
from points.models import Account
from points.states import AccountKind, Unit
from reports.models import Report
from rewards.actions import load_catalogue, receive_stock
from rewards.actions.past import PastRedemption, bulk_redeem
from rewards.digits import check_digit
from rewards.models import Reward, StockMove
from rewards.queries import stock_left

# 李女士 saves up: she buys nothing any more this many months before today.
SAVING_MONTHS = 6
# Units of each reward that each market got at the beginning of the year.
DELIVERED = 600


class Year:
    """Month by month: award, redeem, and let expire what is past its date."""

    def __init__(
        self, rng: random.Random, places: Places, residents: list[User], closed: list[Report]
    ) -> None:
        self.rng = rng
        self.places = places
        self.residents = residents
        self.closed = closed
        # Midnight: what is in the books must not depend on the hour at which they are written.
        self.now = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        self.home: dict[int, Market] = {}
        self.rewards: list[Reward] = []

    def run(self) -> None:
        self.rewards = load_catalogue(programme=self.places.programme)
        markets = self.places.markets
        for resident in self.residents:
            self.home[resident.pk] = self.rng.choice(markets)
        self.home[self.residents[0].pk] = markets[0]
        self._deliver()
        by_month: dict[dt.date, list[Report]] = defaultdict(list)
        for report in self.closed:
            assert report.closed_at is not None
            by_month[timezone.localdate(report.closed_at).replace(day=1)].append(report)
        months = sorted(by_month)
        for number, month in enumerate(months):
            self._award(month, by_month[month])
            self._redeem(month, saving=number >= len(months) - SAVING_MONTHS)
        expire(on=timezone.localdate())
        self._count()

    def _award(self, month: dt.date, closed: list[Report]) -> None:
        rows = [
            BulkAward(
                to=person(report.reporter_id),
                rule_code=report.category.rule_code,
                source=f"report:{report.number}",
                reason="verified",
                at=report.closed_at,
                district_id=report.market.district_id,
            )
            for report in closed
            if report.closed_at is not None
        ]
        counts: dict[int, int] = defaultdict(int)
        for report in closed:
            counts[report.reporter_id] += 1
        top = sorted(counts, key=lambda each: (-counts[each], each))[:10]
        evening = self._moment(month, day=28, hour=20)
        rows += [
            BulkAward(
                to=person(user_id),
                rule_code="bonus",
                source=f"board:{month:%Y-%m}:{place}",
                reason="monthly_top",
                at=evening,
                memo=f"{month.month} 月第 {place} 名",
            )
            for place, user_id in enumerate(top, start=1)
        ]
        for number in range(24):
            resident = self.rng.choice(self.residents)
            rows.append(
                BulkAward(
                    to=person(resident.pk),
                    rule_code="volunteer_hour",
                    source=f"service:{month:%Y-%m}:{number}",
                    reason="attended",
                    at=self._moment(month, day=self.rng.randint(1, 27), hour=11),
                    quantity=self.rng.randint(1, 4),
                    memo="市场志愿服务",
                )
            )
        bulk_award(programme=self.places.programme, rows=[row for row in rows if row.at < self.now])

    def _moment(self, month: dt.date, *, day: int, hour: int) -> dt.datetime:
        return timezone.make_aware(dt.datetime(month.year, month.month, day, hour))

    def _redeem(self, month: dt.date, *, saving: bool) -> None:
        balances = dict(
            Account.objects.filter(
                programme=self.places.programme,
                unit=Unit.MATERIAL,
                kind=AccountKind.PERSON,
                balance__gte=100,
            ).values_list("holder_id", "balance")
        )
        # On the first of the next month, so that everybody's statement reads in order.
        after = month_end(month) + dt.timedelta(days=1)
        at = min(self._moment(after, day=1, hour=9), self.now - dt.timedelta(minutes=10))
        rows = []
        for resident in self.residents:
            if resident.pk not in balances or (saving and resident is self.residents[0]):
                continue
            within = [each for each in self.rewards if each.points <= balances[resident.pk]]
            if within and self.rng.random() < 0.45:
                rows.append(self._past(resident, self.rng.choice(within), at))
        bulk_redeem(rows=rows)

    def _past(self, resident: User, reward: Reward, at: dt.datetime) -> PastRedemption:
        """Most are used within days: goods at the service desk, vouchers at some stall."""
        market = self.home[resident.pk]
        first = f"{self.rng.randrange(10**7):07d}"
        past = PastRedemption(
            key=uuid.UUID(int=self.rng.getrandbits(128), version=4),
            user=resident,
            reward=reward,
            market=market,
            at=at,
            digits=first + check_digit(first),
        )
        used_at = at + dt.timedelta(hours=self.rng.uniform(12, 24 * 9))
        if used_at >= self.now or self.rng.random() > 0.93:
            return past
        if reward.kind == Reward.Kind.GOODS:
            return past._replace(used_at=used_at, accepted_by=self.places.clerks[market.pk])
        stall = self.rng.choice(
            [
                stall
                for stall in self.places.stalls[market.pk]
                if stall.pk in self.places.merchant_of
            ]
        )
        merchant = self.places.merchant_of[stall.pk]
        return past._replace(
            used_at=used_at,
            accepted_by=self.places.owner_of[merchant.pk],
            merchant=merchant,
            stall=stall,
        )

    # --- the goods --------------------------------------------------------------------------------
    def _deliver(self) -> None:
        """A year's worth at its beginning."""
        for market in self.places.markets:
            for reward in self.rewards:
                receive_stock(
                    reward=reward,
                    market=market,
                    units=DELIVERED,
                    by=self.places.managers[market.pk],
                    memo="期初入库",
                    at=self.now - dt.timedelta(days=372),
                )

    def _count(self) -> None:
        """Counted yesterday; the last market has run out of rice."""
        for market in self.places.markets:
            for reward in self.rewards:
                left = self.rng.choice([3, 40, 64, 120])
                if market is self.places.markets[0]:
                    left = 120  # the story is played here, often
                elif market is self.places.markets[-1] and reward is self.rewards[0]:
                    left = 0
                receive_stock(
                    reward=reward,
                    market=market,
                    units=left - stock_left(reward=reward, market=market),
                    by=self.places.managers[market.pk],
                    kind=StockMove.Kind.CORRECTION,
                    memo="盘点",
                    at=self.now - dt.timedelta(days=1),
                )


def city_is_empty() -> bool:
    """Whether nobody has set anything up yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM markets_district)"
            " AND NOT EXISTS (SELECT FROM accounts_user)"
        )
        return bool(cursor.fetchone()[0])
