"""A report, its photos, its history, and who was told to put it right."""

import secrets
import uuid
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import User
from config.due import DueRow, due_index
from markets.models import ALPHABET, Department, District, Market, Merchant, Stall
from reports.states import WITH_DEPARTMENT, State, Verb


def new_number(at: datetime | None = None) -> str:
    """`2611-7K3QX9FM`: the month for people, 38 random bits against guessing."""
    month = timezone.localtime(at).strftime("%y%m")
    return f"{month}-" + "".join(secrets.choice(ALPHABET) for _each in range(8))


class Category(models.Model):
    """What can be reported. Two levels; people choose a child."""

    class StallNeed(models.TextChoices):
        REQUIRED = "required", _("A stall is needed")
        OPTIONAL = "optional", _("A stall may be named")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True, default="")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("under"),
    )
    condition = models.CharField(
        _("when it counts"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("Shown to the reporter."),
    )
    rule_code = models.SlugField(
        _("points rule"),
        max_length=40,
        blank=True,
        default="report_verified",
        help_text=_("The rule of the district's programme by which the reporter is thanked."),
    )
    stall_need = models.CharField(
        _("stall"), max_length=8, choices=StallNeed.choices, default=StallNeed.OPTIONAL
    )
    urgent = models.BooleanField(
        _("urgent"), default=False, help_text=_("Its clock runs by day and by night.")
    )
    respond_minutes = models.PositiveIntegerField(_("minutes to respond"), default=120)
    resolve_minutes = models.PositiveIntegerField(_("minutes to resolve"), default=960)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("type of report")
        verbose_name_plural = _("types of report")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The name in the reader's language."""
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name


class DispatchRule(models.Model):
    """Who gets what. Tried in order; an empty field fits everything."""

    class Mode(models.TextChoices):
        GRAB = "grab", _("Up for grabs")
        ASSIGN = "assign", _("Assigned")

    position = models.PositiveSmallIntegerField(_("position"), default=100)
    district = models.ForeignKey(District, models.CASCADE, verbose_name=_("district"))
    market = models.ForeignKey(
        Market, models.CASCADE, null=True, blank=True, verbose_name=_("market")
    )
    category = models.ForeignKey(
        Category,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("type"),
        help_text=_("A type of the upper level fits all types under it."),
    )
    department = models.ForeignKey(Department, models.PROTECT, verbose_name=_("department"))
    mode = models.CharField(_("mode"), max_length=6, choices=Mode.choices, default=Mode.GRAB)
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handler")
    )
    respond_minutes = models.PositiveIntegerField(
        _("minutes to respond"), null=True, blank=True, help_text=_("Empty: as the type says.")
    )
    resolve_minutes = models.PositiveIntegerField(
        _("minutes to resolve"), null=True, blank=True, help_text=_("Empty: as the type says.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("dispatch rule")
        verbose_name_plural = _("dispatch rules")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="assigned_to_somebody",
                condition=Q(mode="grab", handler__isnull=True)
                | Q(mode="assign", handler__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.category or '*'} · {self.market or self.district} → {self.department}"


class Report(models.Model):
    number = models.CharField(_("number"), max_length=16, unique=True, default=new_number)
    # One per form shown to a person: the same form sent again is the same report.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    reporter = models.ForeignKey(
        User, models.PROTECT, related_name="reports", verbose_name=_("reporter")
    )
    market = models.ForeignKey(
        Market, models.PROTECT, related_name="reports", verbose_name=_("market")
    )
    stall = models.ForeignKey(
        Stall,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("stall"),
    )
    merchant = models.ForeignKey(
        Merchant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("merchant of that day"),
    )
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="reports", verbose_name=_("type")
    )
    words = models.TextField(_("words"), max_length=1000, blank=True, default="")
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.SUBMITTED
    )
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    # Where the phone said it was, WGS-84. Evidence for the verifier, never published.
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    accuracy = models.FloatField(_("accuracy in metres"), null=True, blank=True)
    is_public = models.BooleanField(_("published"), default=False)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("department"),
    )
    respond_due_at = models.DateTimeField(_("respond by"), null=True, blank=True)
    resolve_due_at = models.DateTimeField(_("resolve by"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # What the closing gave the reporter and what a cap cut off, to be told; the ledger decides.
    points = models.PositiveIntegerField(_("points given"), null=True, blank=True)
    points_cut = models.PositiveIntegerField(_("points over the cap"), null=True, blank=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["market", "state", "-id"], name="report_by_market_state"),
            models.Index(fields=["market", "-created_at"], name="report_by_market_time"),
            models.Index(
                fields=["market", "-closed_at"],
                name="report_by_market_closing",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(fields=["reporter", "-id"], name="report_by_reporter"),
            models.Index(fields=["stall", "-id"], name="report_by_stall"),
            models.Index(fields=["merchant", "-id"], name="report_by_merchant"),
            models.Index(
                fields=["department", "state", "resolve_due_at"], name="report_by_department"
            ),
            models.Index(
                fields=["-closed_at"], name="report_lately_fixed", condition=Q(is_public=True)
            ),
            GinIndex(fields=["words"], name="report_words_trgm", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="dispatched_has_department",
                condition=~Q(state__in=WITH_DEPARTMENT) | Q(department__isnull=False),
            ),
            models.CheckConstraint(
                name="closed_has_time",
                condition=Q(state=State.CLOSED, closed_at__isnull=False)
                | (~Q(state=State.CLOSED) & Q(closed_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReportMove(models.Model):
    """One step in a report's history. Written with the step, never edited."""

    report = models.ForeignKey(
        Report, models.PROTECT, related_name="moves", verbose_name=_("report")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: done by the system."),
    )
    verb = models.CharField(_("step"), max_length=12, choices=Verb.choices)
    from_state = models.CharField(
        _("from"), max_length=12, choices=State.choices, blank=True, default=""
    )
    to_state = models.CharField(_("to"), max_length=12, choices=State.choices)
    why = models.CharField(_("why"), max_length=500, blank=True, default="")
    # Of the form that asked for it: the same form sent again is the same step.
    key = models.UUIDField(unique=True, null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["id"]
        indexes = [models.Index(fields=["report", "id"], name="move_of_report")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.verb}"


class FollowUp(DueRow):
    """What must follow a step, outside its transaction. One of a kind for each step."""

    class Task(models.TextChoices):
        DISPATCH = "dispatch", _("Dispatch")

    move = models.ForeignKey(
        ReportMove, models.PROTECT, related_name="follow_ups", verbose_name=_("step")
    )
    task = models.CharField(_("task"), max_length=12, choices=Task.choices)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        indexes = [due_index("follow_up_due")]
        constraints = [models.UniqueConstraint(fields=["move", "task"], name="follow_up_once")]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"


class Order(models.Model):
    """A report as the work of one department. Ended orders stay, as its history."""

    report = models.ForeignKey(
        Report, models.PROTECT, related_name="orders", verbose_name=_("report")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="orders", verbose_name=_("department")
    )
    mode = models.CharField(_("mode"), max_length=6, choices=DispatchRule.Mode.choices)
    rule = models.ForeignKey(
        DispatchRule,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dispatch rule"),
    )
    handler = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("handler"),
    )
    posted_at = models.DateTimeField(_("posted"), default=timezone.now)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["department", "-id"], name="order_of_department", condition=Q(ended_at=None)
            ),
            models.Index(fields=["handler", "-id"], name="order_of_handler"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["report"], name="one_order_at_a_time", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="taken_by_somebody", condition=Q(taken_at=None) | Q(handler__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Draft(models.Model):
    """A form that was sent but could not become a report yet: not signed in, or something amiss.

    Whoever sent it gets words and photos back. Thrown away after a day.
    """

    class Form(models.TextChoices):
        REPORT = "report", _("Report")
        PHOTO = "photo", _("Another photo")
        FINISH = "finish", _("After the fix")

    key = models.UUIDField(primary_key=True)
    form = models.CharField(max_length=8, choices=Form.choices, default=Form.REPORT)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self) -> str:
        return str(self.key)


class Photo(DueRow):
    """One photo: the private original, and what is shown once it was processed."""

    class Kind(models.TextChoices):
        NEAR = "near", _("Close-up")
        WIDE = "wide", _("From further away")
        EXTRA = "extra", _("Another photo")
        AFTER = "after", _("After the fix")

    class Status(models.TextChoices):
        PENDING = "pending", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Cannot be read")

    report = models.ForeignKey(
        Report,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="photos",
        verbose_name=_("report"),
    )
    draft = models.ForeignKey(Draft, models.CASCADE, null=True, blank=True, related_name="photos")
    # The step it came with; an after-photo counts for the fixing it belongs to.
    move = models.ForeignKey(
        ReportMove,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="photos",
        verbose_name=_("step"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.NEAR)
    slot = models.PositiveSmallIntegerField(_("place in the form"), default=0)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.PENDING
    )
    refusal = models.CharField(_("refusal"), max_length=20, blank=True, default="")
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    original = models.FileField(max_length=120)
    digest = models.CharField(_("SHA-256 of the original"), max_length=64)
    large = models.FileField(max_length=120, blank=True)
    small = models.FileField(max_length=120, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    fingerprint = models.BigIntegerField(null=True, blank=True)
    # Evidence for the verifier only; stripped from everything that is shown.
    taken_at = models.DateTimeField(_("photographed"), null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    device = models.CharField(_("camera"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["id"]
        indexes = [
            due_index("photo_due"),
            models.Index(fields=["report", "id"], name="photo_of_report"),
            models.Index(fields=["fingerprint"], name="photo_fingerprint"),
        ]
        constraints = [
            models.CheckConstraint(
                name="photo_of_report_or_draft",
                condition=Q(report__isnull=False, draft__isnull=True)
                | Q(report__isnull=True, draft__isnull=False),
            ),
            models.UniqueConstraint(fields=["draft", "slot"], name="one_photo_in_a_slot"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def unreadable(self) -> bool:
        """Whether nobody will see it, unless somebody has it tried again."""
        return self.status == self.Status.FAILED or (
            self.status == self.Status.PENDING and self.stuck_at is not None
        )

    @property
    def awaited(self) -> bool:
        """Whether it is being prepared, so that it is worth looking again."""
        return self.status == self.Status.PENDING and self.stuck_at is None
