"""The report, its steps, and what must follow a step."""

import secrets
import uuid
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.due import DueRow, due_index
from markets.models import ALPHABET, Department, Market, Merchant, Stall
from reports.models.categories import Category
from reports.states import WITH_DEPARTMENT, State, Verb


def new_number(at: datetime | None = None) -> str:
    """`2611-7K3QX9FM`: the month for people, 38 random bits against guessing."""
    month = timezone.localtime(at).strftime("%y%m")
    return f"{month}-" + "".join(secrets.choice(ALPHABET) for _each in range(8))


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
