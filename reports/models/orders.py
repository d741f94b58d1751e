"""A report as somebody's work."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from markets.models import Department
from reports.models.categories import DispatchRule
from reports.models.reports import Report


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
