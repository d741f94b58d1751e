"""The kinds of account and transfer there are."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    MATERIAL = "material", _("Spendable points")
    HONOUR = "honour", _("Honour points")


class Per(models.TextChoices):
    FIXED = "fixed", _("each time")
    HOUR = "hour", _("per hour")
    ITEM = "item", _("per item")


class AccountKind(models.TextChoices):
    PERSON = "person", _("Person")
    HOUSEHOLD = "household", _("Household")
    MERCHANT = "merchant", _("Merchant")
    ISSUED = "issued", _("Issued")
    EXPIRED = "expired", _("Expired")
    REDEEMED = "redeemed", _("Redeemed")
    SPONSOR = "sponsor", _("Sponsor")
    FUND = "fund", _("Fund")
    CLEARING = "clearing", _("Clearing")


# Only these carry a running balance and are locked; the others are sums of transfers.
RUNNING = (AccountKind.PERSON, AccountKind.HOUSEHOLD, AccountKind.MERCHANT)


class TransferKind(models.TextChoices):
    AWARD = "award", _("Awarded")
    SPEND = "spend", _("Redeemed for a reward")
    REFUND = "refund", _("Given back")
    REVERSAL = "reversal", _("Award taken back")
    EXPIRY = "expiry", _("Expired")
