"""What can be reported, and who gets it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import User
from markets.models import Department, District, Market


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
