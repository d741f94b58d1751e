"""Every change in the rewards room. docs/locking.md says in what order its locks come."""

from rewards.actions.catalogue import load_catalogue
from rewards.actions.kiosks import (
    bind_kiosk,
    end_visit,
    identify,
    issue_binding_code,
    make_kiosk,
    note_alive,
    prolong_visit,
    revoke_kiosk,
)
from rewards.actions.past import PastRedemption, bulk_redeem
from rewards.actions.redeeming import redeem
from rewards.actions.stock import receive_stock
from rewards.actions.vouchers import (
    Accepted,
    accept_voucher,
    hand_over,
    look_up_voucher,
    withdraw_voucher,
)

__all__ = [
    "Accepted",
    "PastRedemption",
    "accept_voucher",
    "bind_kiosk",
    "bulk_redeem",
    "end_visit",
    "hand_over",
    "identify",
    "issue_binding_code",
    "load_catalogue",
    "look_up_voucher",
    "make_kiosk",
    "note_alive",
    "prolong_visit",
    "receive_stock",
    "redeem",
    "revoke_kiosk",
    "withdraw_voucher",
]
