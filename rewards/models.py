"""What points buy: the catalogue, its stock in each market, redemptions and their vouchers."""

import secrets
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models import User
from markets.models import Market, Merchant, Stall
from points.models import Programme, Transfer
from rewards.states import VoucherState


def new_token() -> str:
    """128 bits for an address that nobody can guess."""
    return secrets.token_urlsafe(16)


class Reward(models.Model):
    """One line of the catalogue."""

    class Kind(models.TextChoices):
        VOUCHER = "voucher", _("Market voucher")  # 菜券, taken by merchants for its value
        GOODS = "goods", _("Goods")  # 大米, 食用油, handed over at the service desk

    class Picture(models.TextChoices):
        """Drawings in static/img/rewards/."""

        VOUCHER = "voucher", _("voucher")
        RICE = "rice", _("rice")
        OIL = "oil", _("oil")
        BASKET = "basket", _("basket")
        GIFT = "gift", _("gift")

    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="rewards", verbose_name=_("programme")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True, default="")
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    picture = models.CharField(
        _("picture"),
        max_length=12,
        choices=Picture.choices,
        default=Picture.GIFT,
    )
    points = models.PositiveIntegerField(_("points"))
    value_fen = models.PositiveIntegerField(_("value in fen"), help_text=_("100 fen are 1 yuan."))
    valid_days = models.PositiveSmallIntegerField(_("valid for days"), default=90)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(name="reward_costs_points", condition=Q(points__gt=0)),
            models.CheckConstraint(name="reward_valid_a_day", condition=Q(valid_days__gt=0)),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        english = self.name_en and (get_language() or "").startswith("en")
        return self.name_en if english else self.name


class Stock(models.Model):
    """A reward in one market. How many are left is the sum of its parts."""

    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="stocks", verbose_name=_("reward")
    )
    market = models.ForeignKey(
        Market, models.PROTECT, related_name="stocks", verbose_name=_("market")
    )
    low_at = models.PositiveIntegerField(_("warn when this few are left"), default=5)
    is_offered = models.BooleanField(_("offered here"), default=True)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stocks")
        constraints = [models.UniqueConstraint(fields=["reward", "market"], name="stock_once")]

    def __str__(self) -> str:
        return f"{self.reward} · {self.market}"


class StockPart(models.Model):
    """A share of a stock, so that many may take from it at once without waiting for one row."""

    stock = models.ForeignKey(Stock, models.CASCADE, related_name="parts", verbose_name=_("stock"))
    units = models.PositiveIntegerField(_("units"), default=0)

    class Meta:
        verbose_name = _("share of a stock")
        verbose_name_plural = _("shares of a stock")
        # No index may name `units`: an update of an indexed column can't stay on its page (HOT),
        # and this is the hottest column there is.

    def __str__(self) -> str:
        return f"#{self.pk}"


class StockMove(models.Model):
    """Every unit that came or went other than by a redemption, and who said so."""

    append_only = True

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("Delivery")
        CORRECTION = "correction", _("Correction after a count")
        RETURN = "return", _("Back from a withdrawn voucher")

    # One per opened form: a delivery sent twice is counted once.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    stock = models.ForeignKey(Stock, models.PROTECT, related_name="moves", verbose_name=_("stock"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    units = models.IntegerField(_("units"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    memo = models.CharField(_("memo"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [models.CheckConstraint(name="stock_move_of_units", condition=~Q(units=0))]

    def __str__(self) -> str:
        return f"{self.units:+d}"


class KioskDevice(models.Model):
    """A tablet bound to one market by a token that only the tablet holds."""

    market = models.ForeignKey(
        Market, models.PROTECT, related_name="kiosks", verbose_name=_("market")
    )
    name = models.CharField(_("name"), max_length=40)
    # Typed or scanned once on the tablet; then gone.
    binding_hash = models.CharField(
        max_length=64, unique=True, null=True, blank=True, editable=False
    )
    binding_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    issued_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("issued by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    bound_at = models.DateTimeField(_("bound"), null=True, blank=True, editable=False)
    seen_at = models.DateTimeField(_("last heard of"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    # Wrong member codes in a row, and until when the tablet takes no more of them.
    wrong_codes = models.PositiveSmallIntegerField(default=0, editable=False)
    locked_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("kiosk tablet")
        verbose_name_plural = _("kiosk tablets")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} · {self.market}"


class KioskVisit(models.Model):
    """One person at one tablet, from identifying to leaving or the idle wipe."""

    token_hash = models.CharField(max_length=64, unique=True)
    device = models.ForeignKey(KioskDevice, models.PROTECT, related_name="visits")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("kiosk visit")
        verbose_name_plural = _("kiosk visits")

    def __str__(self) -> str:
        return f"#{self.pk}"


class Redemption(models.Model):
    """Points spent on one unit of a reward in one market."""

    # One per confirmation page: a double tap, a lost answer or a reload is the same redemption.
    key = models.UUIDField(unique=True, editable=False)
    user = models.ForeignKey(
        User, models.PROTECT, related_name="redemptions", verbose_name=_("resident")
    )
    reward = models.ForeignKey(
        Reward, models.PROTECT, related_name="redemptions", verbose_name=_("reward")
    )
    market = models.ForeignKey(
        Market, models.PROTECT, related_name="redemptions", verbose_name=_("market")
    )
    points = models.PositiveIntegerField(_("points"))
    transfer = models.OneToOneField(
        Transfer, models.PROTECT, related_name="redemption", verbose_name=_("ledger entry")
    )
    kiosk = models.ForeignKey(
        KioskDevice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kiosk tablet"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="redemption_of_user"),
            models.Index(fields=["market", "-id"], name="redemption_in_market"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Voucher(models.Model):
    """The right to one unit: eight digits and an address, used once."""

    redemption = models.OneToOneField(
        Redemption, models.PROTECT, related_name="voucher", verbose_name=_("redemption")
    )
    digits = models.CharField(_("digits"), max_length=8, unique=True)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    state = models.CharField(
        _("state"), max_length=8, choices=VoucherState.choices, default=VoucherState.ISSUED
    )
    value_fen = models.PositiveIntegerField(_("value in fen"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until, that day included"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    used_by = models.ForeignKey(
        Merchant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="vouchers",
        verbose_name=_("accepted by"),
    )
    used_stall = models.ForeignKey(
        Stall, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("at stall")
    )
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    voided_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    voided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )
    voided_why = models.CharField(_("why withdrawn"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["-id"]
        indexes = [models.Index(fields=["used_by", "-used_at"], name="voucher_of_merchant")]
        constraints = [
            models.CheckConstraint(
                name="used_has_time",
                condition=Q(
                    state=VoucherState.USED, used_at__isnull=False, accepted_by__isnull=False
                )
                | (~Q(state=VoucherState.USED) & Q(used_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="voided_has_time",
                condition=Q(
                    state=VoucherState.VOIDED, voided_at__isnull=False, voided_by__isnull=False
                )
                | (~Q(state=VoucherState.VOIDED) & Q(voided_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class WrongCodes(models.Model):
    """How many voucher codes that do not exist one person has tried since a moment."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("wrong codes")
        verbose_name_plural = _("wrong codes")

    def __str__(self) -> str:
        return f"{self.count}"
