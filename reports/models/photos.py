"""Photos, and the forms they wait in."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.due import DueRow, due_index
from reports.models.reports import Report, ReportMove


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
