"""Reads of the rewards room: rows ready for a page."""

from rewards.queries.audits import StockAudit, audit_stock
from rewards.queries.catalogue import Offer, first_market, offer, shelf, stock_left, with_left
from rewards.queries.kiosks import device_of, visit_of
from rewards.queries.vouchers import (
    VoucherRow,
    accepted_today,
    is_at_desk,
    merchants_of,
    my_voucher,
    my_vouchers,
    name_masked,
    places_of,
    usable_vouchers,
    voucher_by_token,
)

__all__ = [
    "Offer",
    "StockAudit",
    "VoucherRow",
    "accepted_today",
    "audit_stock",
    "device_of",
    "first_market",
    "is_at_desk",
    "merchants_of",
    "my_voucher",
    "my_vouchers",
    "name_masked",
    "offer",
    "places_of",
    "shelf",
    "stock_left",
    "usable_vouchers",
    "visit_of",
    "voucher_by_token",
    "with_left",
]
