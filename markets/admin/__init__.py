"""The places in the admin: districts and markets, their stalls, and who stands there."""

from markets.admin.merchants import MerchantAdmin, TenancyAdmin
from markets.admin.places import DepartmentAdmin, DistrictAdmin, MarketAdmin
from markets.admin.stalls import StallAdmin

__all__ = [
    "DepartmentAdmin",
    "DistrictAdmin",
    "MarketAdmin",
    "MerchantAdmin",
    "StallAdmin",
    "TenancyAdmin",
]
