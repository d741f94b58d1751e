"""What can become of a voucher."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VoucherState(models.TextChoices):
    ISSUED = "issued", _("Can be used")
    USED = "used", _("Used")
    VOIDED = "voided", _("Withdrawn")


# (state before, state after)
VOUCHER_MOVES = {
    (VoucherState.ISSUED, VoucherState.USED),
    (VoucherState.ISSUED, VoucherState.VOIDED),
}
