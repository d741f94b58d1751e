"""Activities that residents help with, and who signed up."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import User
from markets.models import District, Market


class ActivityQuerySet(models.QuerySet["Activity"]):
    def with_places_left(self, at: datetime) -> "ActivityQuerySet":
        """Not begun at that moment, and not full."""
        return self.filter(starts_at__gt=at, taken__lt=F("places"))


class Activity(models.Model):
    district = models.ForeignKey(
        District, models.PROTECT, related_name="activities", verbose_name=_("district")
    )
    market = models.ForeignKey(
        Market,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("market"),
    )
    title = models.CharField(_("title"), max_length=80)
    what = models.TextField(_("what there is to do"), max_length=1000, blank=True, default="")
    where = models.CharField(_("meeting point"), max_length=120)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(_("places"))
    taken = models.PositiveSmallIntegerField(_("places taken"), default=0, editable=False)
    rule_code = models.SlugField(_("points rule"), max_length=40, default="volunteer_hour")
    organiser = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("organiser")
    )
    history = HistoricalRecords(excluded_fields=["taken"])

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["starts_at"], name="activity_by_start")]
        constraints = [
            models.CheckConstraint(name="never_oversold", condition=Q(taken__lte=F("places"))),
            models.CheckConstraint(
                name="starts_before_end", condition=Q(starts_at__lt=F("ends_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SignUp(models.Model):
    """A place taken. Giving it up keeps the row, so that coming back is the same row again."""

    activity = models.ForeignKey(
        Activity, models.PROTECT, related_name="sign_ups", verbose_name=_("activity")
    )
    user = models.ForeignKey(
        User, models.PROTECT, related_name="sign_ups", verbose_name=_("volunteer")
    )
    at = models.DateTimeField(_("signed up"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("place given up"), null=True, blank=True)
    # A clerk may act for somebody without a phone; the record says so.
    helped_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by"),
        help_text=_("Empty: by the volunteer."),
    )

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["activity", "user"], name="sign_up_once")]

    def __str__(self) -> str:
        return f"#{self.pk}"
