"""What was redeemed and what became of it: read here, changed by actions only."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.scoped_admin import CLERK, MANAGER, SUPERVISOR, ReadOnlyAdmin, dialog_done
from rewards import actions
from rewards.admin.dialogs import WithdrawDialog
from rewards.errors import RewardsRefused
from rewards.models import Redemption, Voucher
from rewards.states import VoucherState
from rewards.words import desk_sentence


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    market_path = "market"
    district_path = "market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    list_display = ("id", "at", "reward", "points", "user", "market", "kiosk")
    list_filter = ("reward",)
    list_select_related = ("reward", "user", "market", "kiosk__market")
    date_hierarchy = "at"
    fields = ("at", "user", "reward", "points", "market", "kiosk", "transfer")


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Found by its whole eight digits only: nobody looks through them to find one that works."""

    market_path = "redemption__market"
    district_path = "redemption__market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    list_display = ("id", "ends", "reward", "state", "valid_until", "used_at", "used_by", "owner")
    list_filter = ("state",)
    list_select_related = ("redemption__reward", "redemption__user", "used_by")
    search_fields = ("=digits",)
    search_help_text = _("All eight digits")
    fields = (
        "ends",
        "reward",
        "owner",
        "state",
        "valid_from",
        "valid_until",
        "used_at",
        "used_by",
        "used_stall",
        "accepted_by",
        "voided_at",
        "voided_by",
        "voided_why",
    )
    readonly_fields = fields
    actions_detail = ("withdraw",)

    @display(description=_("ends in"))
    def ends(self, voucher: Voucher) -> str:
        return f"…{voucher.digits[4:]}"

    @display(description=_("reward"))
    def reward(self, voucher: Voucher) -> str:
        return voucher.redemption.reward.words

    @display(description=_("resident"))
    def owner(self, voucher: Voucher) -> str:
        return voucher.redemption.user.label

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not self.has_role_among(request, frozenset({MANAGER}), object_id):
            return False
        return object_id is None or self.get_own(request, object_id).state == VoucherState.ISSUED

    @action(
        description=_("Withdraw"),
        url_path="withdraw",
        icon="undo",
        variant=ActionVariant.DANGER,
        permissions=["withdraw"],
        dialog={
            "title": _("Withdraw this voucher?"),
            "description": _("The points go back to the resident, the unit to the stock."),
            "form_class": WithdrawDialog,
            "form_submit_text": _("Withdraw"),
        },
    )
    def withdraw(self, request: HttpRequest, form: WithdrawDialog, object_id: Any) -> HttpResponse:
        try:
            actions.withdraw_voucher(
                voucher_id=form.row.pk,
                by=request.user,  # type: ignore[arg-type]
                why=form.cleaned_data["why"],
            )
        except RewardsRefused as refused:
            messages.error(request, desk_sentence(refused))
        else:
            messages.success(request, gettext("Withdrawn. The points went back."))
        return dialog_done(request, reverse("admin:rewards_voucher_change", args=[form.row.pk]))
