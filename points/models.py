"""Programmes, rules and the ledger. `docs/ledger.md` explains the whole."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from points.calendar import NEVER
from points.states import RUNNING, AccountKind, Per, TransferKind, Unit


def _in_language(chinese: str, english: str) -> str:
    return english if english and (get_language() or "").startswith("en") else chinese


class Programme(models.Model):
    """A named set of rules that a district runs; `manage.py load_programme` brings it in."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    validity_months = models.PositiveSmallIntegerField(
        _("validity in months"), null=True, blank=True, help_text=_("Empty: points never expire.")
    )
    points_per_yuan = models.PositiveIntegerField(_("points per yuan"), default=10)
    monthly_cap_per_person = models.PositiveIntegerField(
        _("monthly cap per person"), null=True, blank=True
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    # What rooms above read from the preset: tiers, honours, catalogue, families.
    extras = models.JSONField(_("further settings"), default=dict, blank=True)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        constraints = [
            models.CheckConstraint(
                condition=Q(points_per_yuan__gt=0), name="points_programme_rate_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        return _in_language(self.name, self.name_en)


class Rule(models.Model):
    """What earns how much. Never edited: a changed number is a new version of the same code."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="rules")
    code = models.SlugField(_("code"), max_length=60)
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    unit = models.CharField(_("unit"), max_length=10, choices=Unit, default=Unit.MATERIAL)
    points = models.IntegerField(_("points"), help_text=_("Below zero: takes points away."))
    per = models.CharField(_("counted"), max_length=10, choices=Per, default=Per.FIXED)
    monthly_cap_per_person = models.PositiveIntegerField(
        _("monthly cap per person"), null=True, blank=True
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), null=True, blank=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["programme", "code", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code", "version"], name="points_rule_version"
            ),
            models.CheckConstraint(condition=~Q(points=0), name="points_rule_points_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.words} v{self.version}"

    @property
    def words(self) -> str:
        return _in_language(self.name, self.name_en)


class Account(models.Model):
    """One balance of one holder in one programme and unit.

    Holders live on floors above, so `holder_id` is a soft reference: the id of a user, household
    or merchant, or the number of a sponsor, fund or clearing partner, or 0.
    """

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    unit = models.CharField(_("unit"), max_length=10, choices=Unit, default=Unit.MATERIAL)
    kind = models.CharField(_("kind"), max_length=10, choices=AccountKind)
    holder_id = models.BigIntegerField(_("holder"), default=0)
    label = models.CharField(_("label"), max_length=80, blank=True)
    balance = models.BigIntegerField(_("balance"), default=0)
    frozen_at = models.DateTimeField(_("frozen since"), null=True, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            # Holder first: the hot look-up, and a resident's accounts across programmes.
            models.UniqueConstraint(
                fields=["holder_id", "kind", "programme", "unit"], name="points_account_shape"
            ),
            models.CheckConstraint(
                condition=Q(balance=0) | Q(kind__in=RUNNING, balance__gt=0),
                name="points_account_balance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.holder_id}" if self.holder_id else self.kind


class Transfer(models.Model):
    """Points that left `debit` and entered `credit`. Written once, never changed."""

    append_only = True

    debit = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    credit = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    points = models.IntegerField(_("points"))
    kind = models.CharField(_("kind"), max_length=10, choices=TransferKind)
    rule = models.ForeignKey(
        Rule, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # What earned or used the points ("report:2026…", "redemption:17") and what for.
    source = models.CharField(_("source"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    # The bucket an award filled is (credit, funding=debit, expires_on); other kinds write uses.
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    # What a monthly cap cut off an award, or what a reversal could no longer take back.
    cut = models.IntegerField(_("cut off"), default=0)
    # The running account's balance after this transfer; empty on a system account's side.
    debit_after = models.BigIntegerField(null=True, blank=True)
    credit_after = models.BigIntegerField(null=True, blank=True)
    # Unique by a constraint: `unique=True` would bring a second index, for LIKE.
    idempotency_key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=32)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    booked_on = models.DateField(_("booked on"))
    created_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="points_transfer_positive"),
            models.CheckConstraint(condition=Q(cut__gte=0), name="points_transfer_cut"),
            models.CheckConstraint(
                condition=~Q(debit=F("credit")), name="points_transfer_two_sides"
            ),
            models.UniqueConstraint(fields=["idempotency_key"], name="points_transfer_key"),
            models.UniqueConstraint(
                fields=["source", "reason"],
                condition=Q(kind=TransferKind.AWARD),
                name="points_award_once",
            ),
        ]
        indexes = [
            # A statement page reads one account backwards from either side.
            models.Index(fields=["credit", "-id"], name="points_transfer_credit"),
            models.Index(fields=["debit", "-id"], name="points_transfer_debit"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.points} #{self.pk}"


class Bucket(models.Model):
    """What is left of what one account earned in one month from one funding."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="buckets", db_index=False)
    funding = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    expires_on = models.DateField(_("expires on"), default=NEVER)
    remaining = models.BigIntegerField(_("remaining"))

    class Meta:
        verbose_name = _("bucket")
        verbose_name_plural = _("buckets")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "expires_on", "funding"], name="points_bucket_shape"
            ),
            models.CheckConstraint(
                condition=Q(remaining__gte=0), name="points_bucket_not_negative"
            ),
        ]
        indexes = [
            # What the nightly expiry looks for; empty buckets fall out of it.
            models.Index(
                fields=["expires_on"], condition=Q(remaining__gt=0), name="points_bucket_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} until {self.expires_on}"


class BucketUse(models.Model):
    """How a transfer changed a bucket: below zero taken, above zero given back."""

    append_only = True

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="uses")
    bucket = models.ForeignKey(Bucket, models.PROTECT, related_name="uses", db_index=False)
    points = models.IntegerField(_("points"))

    class Meta:
        verbose_name = _("bucket use")
        verbose_name_plural = _("bucket uses")
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="points_bucketuse_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d}"


class MonthlyTotal(models.Model):
    """What an account earned and spent in a month, net of what was taken or given back.

    Kept under the account's lock. `district_id` is a soft reference: where it last earned.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="months", db_index=False)
    month = models.DateField(_("month"))
    earned = models.BigIntegerField(_("earned"), default=0)
    spent = models.BigIntegerField(_("spent"), default=0)
    district_id = models.BigIntegerField(_("district"), null=True, blank=True)

    class Meta:
        verbose_name = _("monthly total")
        verbose_name_plural = _("monthly totals")
        constraints = [
            models.UniqueConstraint(fields=["account", "month"], name="points_month_of_account"),
            models.CheckConstraint(
                condition=Q(earned__gte=0, spent__gte=0), name="points_month_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} +{self.earned} −{self.spent}"


class FreezeMove(models.Model):
    """Who froze or thawed an account, when and why."""

    append_only = True

    account = models.ForeignKey(Account, models.PROTECT, related_name="freezes")
    frozen = models.BooleanField(_("frozen"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    why = models.CharField(_("why"), max_length=200)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")

    def __str__(self) -> str:
        return f"{'frozen' if self.frozen else 'thawed'} {self.at:%Y-%m-%d}"
