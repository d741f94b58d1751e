"""The market desk's side of the rewards."""

from rewards.admin.catalogue import RewardAdmin, StockAdmin
from rewards.admin.kiosks import KioskDeviceAdmin
from rewards.admin.vouchers import RedemptionAdmin, VoucherAdmin

__all__ = ["KioskDeviceAdmin", "RedemptionAdmin", "RewardAdmin", "StockAdmin", "VoucherAdmin"]
