"""What the admin's theme calls: the first page and the navigation beside every page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.queries import departments_of, roles_of
from pages.desk.counts import waiting_for

# Heading, then (label, icon, admin list) in the order of a manager's day.
SECTIONS: list[tuple[Any, list[tuple[Any, str, str]]]] = [
    (
        _("Reports"),
        [
            (_("Reports"), "photo_camera", "reports_report"),
            (_("Stuck"), "build", "reports_followup"),
            (_("Types of report"), "category", "reports_category"),
            (_("Dispatch rules"), "alt_route", "reports_dispatchrule"),
        ],
    ),
    (
        _("Rewards"),
        [
            (_("Catalogue"), "redeem", "rewards_reward"),
            (_("Stock"), "inventory_2", "rewards_stock"),
            (_("Redemptions"), "receipt_long", "rewards_redemption"),
            (_("Vouchers"), "confirmation_number", "rewards_voucher"),
            (_("Kiosk tablets"), "tablet", "rewards_kioskdevice"),
        ],
    ),
    (
        _("Market"),
        [
            (_("Stalls"), "storefront", "markets_stall"),
            (_("Merchants"), "badge", "markets_merchant"),
            (_("Tenancies"), "event_available", "markets_tenancy"),
            (_("Markets"), "location_city", "markets_market"),
            (_("Departments"), "groups", "markets_department"),
            (_("Districts"), "map", "markets_district"),
            (_("Activities"), "volunteer_activism", "volunteers_activity"),
        ],
    ),
    (
        _("Points"),
        [
            (_("Programmes"), "rule", "points_programme"),
            (_("Accounts"), "account_balance_wallet", "points_account"),
            (_("Ledger"), "menu_book", "points_transfer"),
        ],
    ),
    (
        _("People"),
        [
            (_("People"), "person", "accounts_user"),
            (_("Staff roles"), "admin_panel_settings", "accounts_staffrole"),
            (_("Text messages"), "sms", "accounts_sms"),
        ],
    ),
]


def _may_view(name: str):  # type: ignore[no-untyped-def]
    def check(request: HttpRequest) -> bool:
        for model, model_admin in admin.site._registry.items():
            if f"{model._meta.app_label}_{model._meta.model_name}" == name:
                return bool(model_admin.has_view_permission(request))
        return False

    return check


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: only lists that the person may open."""
    sections = []
    for heading, entries in SECTIONS:
        items = []
        for label, icon, name in entries:
            try:
                link = reverse(f"admin:{name}_changelist")
            except NoReverseMatch:
                continue
            if _may_view(name)(request):
                items.append({"title": label, "icon": icon, "link": link})
        if items:
            sections.append({"title": heading, "separator": True, "items": items})
    return [
        {
            "items": [
                {"title": _("Today"), "icon": "today", "link": reverse("admin:index")},
            ]
        },
        *sections,
    ]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Today: what waits, each a link; and for handlers the way to their orders."""
    user = request.user
    context["title"] = _("Today")
    context["waiting"] = waiting_for(user)  # type: ignore[arg-type]
    context["scopes"] = [str(role) for role in roles_of(user)]  # type: ignore[arg-type]
    context["is_handler"] = bool(departments_of(user))  # type: ignore[arg-type]
    return context
