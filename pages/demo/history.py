"""Twelve months of reports, written table by table as the actions would have written them."""

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import User
from markets.clock import due_time
from markets.models import ALPHABET, Market, Stall
from pages.demo import data
from pages.demo.pictures import Picture, SceneKey
from pages.demo.places import Places
from reports.models import Order, Photo, Report, ReportMove
from reports.states import MOVES, State, Verb

MONTHS = 12
# A market's reports in its first and in its last month: dirt grows rarer…
FIRST_MONTH, LAST_MONTH = 24, 15
# … and is dealt with sooner: median hours from report to fix.
FIRST_HOURS, LAST_HOURS = 110.0, 26.0

# How far a present-day report has come, for each market.
TODAY = (
    State.SUBMITTED,
    State.SUBMITTED,
    State.SUBMITTED,
    State.DISPATCHED,
    State.DISPATCHED,
    State.IN_PROGRESS,
    State.IN_PROGRESS,
    State.CHECKING,
)
ROAD = (Verb.ACCEPT, Verb.DISPATCH, Verb.TAKE, Verb.FINISH, Verb.CLOSE)


@dataclass
class Story:
    """One report and everything that hangs on it, not yet inserted."""

    report: Report
    scene: str
    produce: str
    moves: list[ReportMove] = field(default_factory=list)
    order: Order | None = None
    fixed: ReportMove | None = None


class History:
    """Makes up the reports of the past year and of today, then inserts them."""

    def __init__(
        self,
        rng: random.Random,
        places: Places,
        residents: list[User],
        pictures: dict[SceneKey, Picture],
    ) -> None:
        self.rng = rng
        self.places = places
        self.pictures = pictures
        self.now = timezone.now()
        # The past is counted from here, so that it is the same at every hour of the day.
        self.midnight = timezone.localtime(self.now).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        # A few report a lot, many a little.
        self.residents = residents
        self.eagerness = [1 / (place + 4) for place in range(len(residents))]
        self.weights = [
            {"rubbish": 6, "occupying": 6, "dirty-water": 4}.get(each.code, 2)
            for _category, each in places.categories
        ]

    def build(self) -> list[Report]:
        """Insert all of it; returns the closed reports in the order of their closing."""
        stories = [story for market in self.places.markets for story in self._of_market(market)]
        stories.sort(key=lambda story: story.report.created_at)
        Report.objects.bulk_create([story.report for story in stories], batch_size=500)
        for story in stories:
            for move in story.moves:
                move.report = story.report
        ReportMove.objects.bulk_create(
            [move for story in stories for move in story.moves], batch_size=1000
        )
        Order.objects.bulk_create(
            [self._with(story) for story in stories if story.order], batch_size=500
        )
        Photo.objects.bulk_create(
            [photo for story in stories for photo in self._photos(story)], batch_size=500
        )
        closed = [story.report for story in stories if story.report.state == State.CLOSED]
        return sorted(closed, key=lambda report: report.closed_at or self.now)

    @staticmethod
    def _with(story: Story) -> Order:
        assert story.order is not None
        story.order.report = story.report
        return story.order

    # --- one market -----------------------------------------------------------------------------
    def _of_market(self, market: Market) -> Iterator[Story]:
        for month in range(MONTHS):
            along = month / (MONTHS - 1)
            count = round(FIRST_MONTH + (LAST_MONTH - FIRST_MONTH) * along)
            hours = FIRST_HOURS + (LAST_HOURS - FIRST_HOURS) * along
            for _each in range(count):
                days_ago = 372 - month * 30.4 - self.rng.random() * 30.4
                refused = self.rng.random() < 0.06
                yield self._past(market, max(days_ago, 7.0), hours, refused=refused)
        for number, state in enumerate(TODAY):
            # The first few are fresh, the last ones of each kind late.
            yield self._present(market, state, hours_ago=1.5 + number * self.rng.uniform(1.0, 5.0))

    def _daytime(self, at: dt.datetime) -> dt.datetime:
        """The same day while the market is open."""
        local = timezone.localtime(at)
        minute = self.rng.randrange(7 * 60, 19 * 60)
        return local.replace(hour=minute // 60, minute=minute % 60, second=self.rng.randrange(60))

    def _past(self, market: Market, days_ago: float, hours: float, *, refused: bool) -> Story:
        created = self._daytime(self.midnight - dt.timedelta(days=days_ago))
        story = self._submitted(market, created)
        accepted = created + dt.timedelta(minutes=self.rng.randrange(10, 300))
        if refused:
            manager = self.places.managers[market.pk]
            self._move(story, Verb.REFUSE, accepted, manager, self.rng.choice(data.REFUSALS))
            return story
        spent = min(hours * self.rng.lognormvariate(0, 0.55), (days_ago - 1) * 24)
        if story.report.category.urgent:
            spent = self.rng.uniform(0.5, 5)
        span = dt.timedelta(hours=max(spent, 1.0))
        times = [accepted, accepted + dt.timedelta(seconds=20)]
        times += [accepted + span * 0.2, accepted + span * 0.9, accepted + span]
        self._along(story, ROAD, times)
        return story

    def _present(self, market: Market, state: str, *, hours_ago: float) -> Story:
        created = self.now - dt.timedelta(hours=hours_ago)
        story = self._submitted(market, created)
        steps = {
            State.SUBMITTED: 0,
            State.DISPATCHED: 2,
            State.IN_PROGRESS: 3,
            State.CHECKING: 4,
        }[State(state)]
        span = dt.timedelta(hours=hours_ago) / 6
        self._along(story, ROAD[:steps], [created + span * (step + 1) for step in range(steps)])
        return story

    # --- one report -----------------------------------------------------------------------------
    def _submitted(self, market: Market, at: dt.datetime) -> Story:
        category, about = self.rng.choices(self.places.categories, self.weights)[0]
        stall = self._stall(market, about)
        (reporter,) = self.rng.choices(self.residents, self.eagerness)
        merchant = self.places.merchant_of.get(stall.pk)
        report = Report(
            number=f"{timezone.localtime(at):%y%m}-"
            + "".join(self.rng.choice(ALPHABET) for _letter in range(8)),
            key=uuid.UUID(int=self.rng.getrandbits(128), version=4),
            reporter=reporter,
            market=market,
            stall=stall,
            merchant=merchant,
            category=category,
            words=self.rng.choice(about.words),
            created_at=at,
            latitude=market.latitude + self.rng.uniform(-4e-4, 4e-4) if market.latitude else None,
            longitude=market.longitude + self.rng.uniform(-4e-4, 4e-4)
            if market.longitude
            else None,
            accuracy=self.rng.choice([12.0, 25.0, 40.0]),
        )
        report.respond_due_at = self._due(report, at, category.respond_minutes)
        story = Story(report, about.scene, data.PRODUCE_OF_ZONE[stall.number[0]])
        story.moves.append(
            ReportMove(at=at, by=reporter, verb=Verb.SUBMIT, to_state=State.SUBMITTED)
        )
        return story

    def _due(self, report: Report, at: dt.datetime, minutes: int) -> dt.datetime:
        """By the market's clock for what is open today; for what is long over, near enough."""
        if at < self.now - dt.timedelta(days=5):
            return at + dt.timedelta(minutes=minutes)
        return due_time(report.market, at, minutes, urgent=report.category.urgent)

    def _stall(self, market: Market, about: data.CategoryData) -> Stall:
        stalls = self.places.stalls[market.pk]
        if about.stall == "required":
            stalls = [stall for stall in stalls if stall.pk in self.places.merchant_of]
        return self.rng.choice(stalls)

    def _along(self, story: Story, verbs: tuple[Verb, ...], times: list[dt.datetime]) -> None:
        report = story.report
        manager = self.places.managers[report.market_id]
        upper = report.category.parent
        assert upper is not None
        rule = self.places.rules[report.market.district_id, upper.code]
        handler = self.rng.choice(self.places.handlers[rule.department_id])
        for verb, at in zip(verbs, times, strict=True):
            match verb:
                case Verb.ACCEPT:
                    self._move(story, verb, at, manager)
                case Verb.DISPATCH:
                    report.department_id = rule.department_id
                    report.respond_due_at = self._due(report, at, report.category.respond_minutes)
                    report.resolve_due_at = self._due(report, at, report.category.resolve_minutes)
                    story.order = Order(
                        department_id=rule.department_id, mode=rule.mode, rule=rule, posted_at=at
                    )
                    self._move(story, verb, at, None)
                case Verb.TAKE:
                    assert story.order is not None
                    story.order.handler, story.order.taken_at = handler, at
                    self._move(story, verb, at, handler)
                case Verb.FINISH:
                    assert story.order is not None
                    story.order.finished_at = at
                    story.fixed = self._move(
                        story, verb, at, handler, self.rng.choice(data.AFTER_WORDS)
                    )
                case Verb.CLOSE:
                    assert story.order is not None
                    story.order.ended_at = report.closed_at = at
                    report.is_public = True
                    report.points = 50 if report.category.rule_code == "report_food_safety" else 20
                    report.points_cut = 0
                    self._move(story, verb, at, manager)

    def _move(
        self, story: Story, verb: Verb, at: dt.datetime, by: User | None, why: str = ""
    ) -> ReportMove:
        before = story.report.state
        story.report.state = MOVES[verb, before]
        move = ReportMove(
            at=at, by=by, verb=verb, from_state=before, to_state=story.report.state, why=why
        )
        story.moves.append(move)
        return move

    # --- its photos -----------------------------------------------------------------------------
    def _photos(self, story: Story) -> Iterator[Photo]:
        report = story.report
        yield self._photo(story, story.moves[0], Photo.Kind.NEAR, after=False)
        if story.fixed is not None:
            photo = self._photo(story, story.fixed, Photo.Kind.AFTER, after=True)
            photo.uploaded_by = story.fixed.by
            yield photo
        assert report.pk

    def _photo(self, story: Story, move: ReportMove, kind: str, *, after: bool) -> Photo:
        picture = self.pictures[story.scene, story.produce, after]
        return Photo(
            report=story.report,
            move=move,
            kind=kind,
            status=Photo.Status.READY,
            uploaded_by=story.report.reporter,
            created_at=move.at,
            original=picture.original,
            digest=picture.digest,
            large=picture.large,
            small=picture.small,
            width=picture.width,
            height=picture.height,
            fingerprint=picture.fingerprint,
            taken_at=move.at - dt.timedelta(minutes=3),
            latitude=story.report.latitude,
            longitude=story.report.longitude,
            device="",
            due_at=None,
        )
