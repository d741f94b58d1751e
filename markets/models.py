"""Districts, their markets, and who stands where in them on which day."""

import secrets
from datetime import date, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from accounts.models import User
from points.models import Programme

# No 0/O, 1/I/L, U/V: a code is read aloud and typed by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def new_stall_code() -> str:
    """10 characters, 48 bits: cannot be guessed or counted through."""
    return "".join(secrets.choice(ALPHABET) for _each in range(10))


class District(models.Model):
    """A city district. It runs one programme, by which its residents earn."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    code = models.SlugField(_("code"), max_length=12, unique=True)
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="districts", verbose_name=_("programme")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Market(models.Model):
    district = models.ForeignKey(
        District, models.PROTECT, related_name="markets", verbose_name=_("district")
    )
    name = models.CharField(_("name"), max_length=60)
    code = models.SlugField(_("code"), max_length=16, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True, default="")
    phone = models.CharField(_("service desk phone"), max_length=20, blank=True, default="")
    latitude = models.FloatField(_("latitude (WGS-84)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (WGS-84)"), null=True, blank=True)
    radius = models.PositiveIntegerField(_("radius in metres"), default=150)
    is_open = models.BooleanField(_("in use"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["district", "name"], name="market_name_in_district")
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When a market is open on one weekday. The clocks count on these hours."""

    market = models.ForeignKey(
        Market, models.CASCADE, related_name="hours", verbose_name=_("market")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(name="opens_before_closing", condition=Q(opens__lt=F("closes"))),
            models.CheckConstraint(name="weekday_0_to_6", condition=Q(weekday__lte=6)),
            models.UniqueConstraint(fields=["market", "weekday", "opens"], name="hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"


class ClosedDay(models.Model):
    """A day on which a market stays closed, whatever its hours say: the clocks stand still."""

    market = models.ForeignKey(
        Market, models.CASCADE, related_name="closed_days", verbose_name=_("market")
    )
    day = models.DateField(_("day"))
    why = models.CharField(_("why"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["market", "day"], name="closed_day_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class Department(models.Model):
    """Who puts things right: 城管, 市场监管, 环卫, 消防 of a district, or a market's own 物业."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="departments", verbose_name=_("district")
    )
    market = models.ForeignKey(
        Market,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="departments",
        verbose_name=_("only in this market"),
    )
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("duty phone"), max_length=20, blank=True, default="")
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "market", "name"], name="department_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class Zone(models.Model):
    market = models.ForeignKey(
        Market, models.CASCADE, related_name="zones", verbose_name=_("market")
    )
    name = models.CharField(_("name"), max_length=40)
    order = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["market", "name"], name="zone_name_in_market")
        ]

    def __str__(self) -> str:
        return self.name


class Stall(models.Model):
    class Kind(models.TextChoices):
        FIXED = "fixed", _("Fixed stall")
        MOBILE = "mobile", _("Mobile stall")

    market = models.ForeignKey(
        Market, models.PROTECT, related_name="stalls", verbose_name=_("market")
    )
    zone = models.ForeignKey(
        Zone, models.PROTECT, null=True, blank=True, related_name="stalls", verbose_name=_("zone")
    )
    number = models.CharField(_("stall number"), max_length=20)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.FIXED)
    closed_at = models.DateTimeField(_("given up"), null=True, blank=True)
    moved_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="moved_from",
        verbose_name=_("moved to"),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("stall")
        verbose_name_plural = _("stalls")
        ordering = ["market_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["market", "number"], name="stall_number_in_market")
        ]

    def __str__(self) -> str:
        return self.number


class StallCode(models.Model):
    """What is printed and glued to a stall. A replaced code stays, to say that it was replaced."""

    code = models.CharField(_("code"), max_length=10, unique=True, default=new_stall_code)
    stall = models.ForeignKey(Stall, models.CASCADE, related_name="codes", verbose_name=_("stall"))
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    class Meta:
        verbose_name = _("stall code")
        verbose_name_plural = _("stall codes")
        constraints = [
            models.UniqueConstraint(
                fields=["stall"], name="one_code_in_use", condition=Q(replaced_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.code


class Merchant(models.Model):
    """Someone who sells, under a licence."""

    name = models.CharField(_("name on the licence"), max_length=80)
    shop_name = models.CharField(_("shop sign"), max_length=60, blank=True, default="")
    licence = models.CharField(_("licence number"), max_length=40, unique=True)
    trade = models.CharField(_("trade"), max_length=40, blank=True, default="")
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        ordering = ["id"]
        indexes = [GinIndex(fields=["name"], name="merchant_name_trgm", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.shop_name or self.name


class MerchantMember(models.Model):
    """A person who may act for a merchant at `/merchant/`."""

    class Role(models.TextChoices):
        OWNER = "owner", pgettext_lazy("of a shop", "Owner")
        STAFF = "staff", _("Shop assistant")

    merchant = models.ForeignKey(
        Merchant, models.CASCADE, related_name="members", verbose_name=_("merchant")
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="merchant_memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=6, choices=Role.choices, default=Role.OWNER)

    class Meta:
        verbose_name = _("merchant's person")
        verbose_name_plural = _("merchants' people")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "user"], name="merchant_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.merchant} · {self.user}"


class Tenancy(models.Model):
    """Which merchant has which stall on which days: a report belongs to the one of its day."""

    stall = models.ForeignKey(
        Stall, models.PROTECT, related_name="tenancies", verbose_name=_("stall")
    )
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="tenancies", verbose_name=_("merchant")
    )
    days = DateRangeField(
        _("days"), help_text=_("From the first day up to, not including, the last.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("tenancy")
        verbose_name_plural = _("tenancies")
        constraints = [
            ExclusionConstraint(
                name="one_tenant_a_day",
                expressions=[("stall", RangeOperators.EQUAL), ("days", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(name="tenancy_not_empty", condition=Q(days__isempty=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stall} · {self.merchant}"

    @property
    def first_day(self) -> date | None:
        return self.days.lower

    @property
    def last_day(self) -> date | None:
        """The last day of all, included; None while there is no end."""
        return self.days.upper - timedelta(days=1) if self.days.upper else None
