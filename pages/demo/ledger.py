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
from points.actions import BulkAward, BulkSpend, bulk_award, bulk_spend, expire, person
from points.models import Account
from points.states import AccountKind, Unit
from reports.models import Report
from rewards.actions import load_catalogue, receive_stock
from rewards.digits import check_digit
from rewards.models import Redemption, Reward, StockPart, Voucher
from rewards.states import VoucherState

# 李女士 saves up: she buys nothing any more this many months before today.
SAVING_MONTHS = 6


class Year:
    """Month by month: award, redeem, and let expire what is past its date."""

    def __init__(
        self, rng: random.Random, places: Places, residents: list[User], closed: list[Report]
    ) -> None:
        self.rng = rng
        self.places = places
        self.residents = residents
        self.closed = closed
        self.now = timezone.now()
        self.home: dict[int, Market] = {}
        self.rewards: list[Reward] = []
        self.bought: list[tuple[BulkSpend, uuid.UUID, User, Reward, Market]] = []
        self.booked: dict[str, int] = {}

    def run(self) -> None:
        self.rewards = load_catalogue(programme=self.places.programme)
        markets = self.places.markets
        for resident in self.residents:
            self.home[resident.pk] = self.rng.choice(markets)
        self.home[self.residents[0].pk] = markets[0]
        by_month: dict[dt.date, list[Report]] = defaultdict(list)
        for report in self.closed:
            assert report.closed_at is not None
            by_month[timezone.localdate(report.closed_at).replace(day=1)].append(report)
        months = sorted(by_month)
        for number, month in enumerate(months):
            self._award(month, by_month[month])
            self._spend(month, saving=number >= len(months) - SAVING_MONTHS)
        expire(on=timezone.localdate())
        self._stock()
        self._redemptions()

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

    def _spend(self, month: dt.date, *, saving: bool) -> None:
        balances = dict(
            Account.objects.filter(
                programme=self.places.programme,
                unit=Unit.MATERIAL,
                kind=AccountKind.PERSON,
                balance__gte=100,
            ).values_list("holder_id", "balance")
        )
        rows = []
        for resident in self.residents:
            if resident.pk not in balances or (saving and resident is self.residents[0]):
                continue
            within = [each for each in self.rewards if each.points <= balances[resident.pk]]
            if not within or self.rng.random() > 0.45:
                continue
            reward = self.rng.choice(within)
            key = uuid.UUID(int=self.rng.getrandbits(128), version=4)
            spend = BulkSpend(
                holder=person(resident.pk),
                points=reward.points,
                source=f"redemption:{key}",
                reason=f"reward:{reward.pk}",
                at=min(self._moment(month, day=28, hour=21), self.now - dt.timedelta(hours=2)),
                key=f"redeem:{key}",
                memo=reward.name,
            )
            rows.append(spend)
            self.bought.append((spend, key, resident, reward, self.home[resident.pk]))
        self.booked |= bulk_spend(programme=self.places.programme, rows=rows)

    # --- the goods --------------------------------------------------------------------------------
    def _stock(self) -> None:
        """Delivered: what is left today and what was taken; the last market's rice has run out."""
        taken: dict[tuple[int, int], int] = defaultdict(int)
        for spend, _key, _user, reward, market in self.bought:
            if spend.key in self.booked:
                taken[reward.pk, market.pk] += 1
        for market in self.places.markets:
            for reward in self.rewards:
                sold_out = market is self.places.markets[-1] and reward is self.rewards[0]
                left = 0 if sold_out else self.rng.choice([3, 40, 64, 120, 200])
                if market is self.places.markets[0]:
                    left = 120  # the story is played here, often
                gone = taken[reward.pk, market.pk]
                if left + gone == 0:
                    left = 1
                stock = receive_stock(
                    reward=reward,
                    market=market,
                    units=left + gone,
                    by=self.places.managers[market.pk],
                    memo="期初入库",
                    at=self.now - dt.timedelta(days=372),
                )
                self._take(stock.pk, gone)

    @staticmethod
    def _take(stock_id: int, units: int) -> None:
        parts = list(StockPart.objects.filter(stock_id=stock_id).order_by("id"))
        while units:
            for part in parts:
                if units and part.units:
                    part.units -= 1
                    units -= 1
        StockPart.objects.bulk_update(parts, ["units"])

    def _redemptions(self) -> None:
        kept = [each for each in self.bought if each[0].key in self.booked]
        redemptions = Redemption.objects.bulk_create(
            Redemption(
                key=key,
                user=user,
                reward=reward,
                market=market,
                points=reward.points,
                transfer_id=self.booked[spend.key],
                at=spend.at,
            )
            for spend, key, user, reward, market in kept
        )
        Voucher.objects.bulk_create([self._voucher(each) for each in redemptions])

    def _voucher(self, redemption: Redemption) -> Voucher:
        first = f"{self.rng.randrange(10**7):07d}"
        day = timezone.localdate(redemption.at)
        voucher = Voucher(
            redemption=redemption,
            digits=first + check_digit(first),
            value_fen=redemption.reward.value_fen,
            valid_from=day,
            valid_until=day + dt.timedelta(days=redemption.reward.valid_days),
        )
        used_at = redemption.at + dt.timedelta(hours=self.rng.uniform(12, 24 * 9))
        if used_at < self.now and self.rng.random() < 0.93:
            voucher.state = VoucherState.USED
            voucher.used_at = used_at
            if redemption.reward.kind == Reward.Kind.GOODS:
                voucher.accepted_by = self.places.clerks[redemption.market_id]
            else:
                stalls = [
                    stall
                    for stall in self.places.stalls[redemption.market_id]
                    if stall.pk in self.places.merchant_of
                ]
                stall = self.rng.choice(stalls)
                merchant = self.places.merchant_of[stall.pk]
                voucher.used_by, voucher.used_stall = merchant, stall
                voucher.accepted_by = self.places.owner_of[merchant.pk]
        return voucher


def city_is_empty() -> bool:
    """Whether nobody has set anything up yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM markets_district)"
            " AND NOT EXISTS (SELECT FROM accounts_user)"
        )
        return bool(cursor.fetchone()[0])
