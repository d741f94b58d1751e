"""What is offered, and how much of it there is."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.scoped_admin import (
    CLERK,
    MANAGER,
    SUPERVISOR,
    HistoryAdmin,
    ScopedModelAdmin,
    dialog_done,
)
from rewards import actions
from rewards.admin.dialogs import ReceiveDialog
from rewards.errors import RewardsRefused
from rewards.models import Reward, Stock, StockMove
from rewards.queries import with_left
from rewards.words import desk_sentence


@admin.register(Reward)
class RewardAdmin(HistoryAdmin):
    """One line of the catalogue counts in every market of its programme: a supervisor's to change.

    What a market offers of it, and how much, is that market's stock.
    """

    market_path = "programme__districts__markets"
    district_path = "programme__districts"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({SUPERVISOR})
    list_display = ("name", "kind", "points", "yuan", "valid_days", "is_active", "programme")
    list_filter = ("kind", "is_active")
    list_select_related = ("programme",)
    search_fields = ("name", "name_en")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Reward]":
        # One programme may have several of the person's markets: each reward still comes once.
        return Reward.objects.filter(pk__in=super().get_queryset(request).order_by().values("pk"))

    @display(description=_("value in yuan"))
    def yuan(self, reward: Reward) -> str:
        return f"{reward.value_fen / 100:.2f}"


class LowFilter(admin.SimpleListFilter):
    title = _("how much is left")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("Low")), ("none", _("None"))]

    def queryset(self, request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() == "low":
            return rows.filter(left__lte=F("low_at"))
        return rows.filter(left=0) if self.value() == "none" else rows


class MoveInline(TabularInline):
    """The latest movements, as a record."""

    model = StockMove
    verbose_name_plural = _("stock movements")
    fields = readonly_fields = ("at", "kind", "units", "by", "memo")
    ordering = ("-id",)
    extra = max_num = 0
    can_delete = False
    per_page = 20

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # with its stock

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Stock)
class StockAdmin(ScopedModelAdmin):
    market_path = "market"
    district_path = "market__district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER})
    list_display = ("reward", "market", "left", "how", "low_at", "is_offered")
    list_filter = (LowFilter, "is_offered")
    list_select_related = ("reward", "market")
    search_fields = ("reward__name", "reward__name_en")
    ordering = ("market_id", "reward__order", "reward_id")
    fields = ("reward", "market", "low_at", "is_offered")
    inlines = (MoveInline,)
    actions_detail = ("receive",)
    actions_row = ("receive",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Stock]":
        return with_left(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("reward", "market", "left") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("reward", "market", "left", "low_at", "is_offered") if obj else self.fields

    @display(description=_("left"), ordering="left")
    def left(self, stock: Stock) -> int:
        return stock.left  # type: ignore[attr-defined, no-any-return]

    @display(description=_("state"), label={"low": "warning", "none": "danger", "fine": "success"})
    def how(self, stock: Stock) -> tuple[str, Any]:
        left: int = stock.left  # type: ignore[attr-defined]
        if left == 0:
            return "none", _("None left")
        return ("low", _("Low")) if left <= stock.low_at else ("fine", _("Enough"))

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_role_among(request, frozenset({MANAGER, CLERK}), object_id)

    @action(
        description=_("Delivery or count"),
        url_path="receive",
        icon="add_box",
        variant=ActionVariant.PRIMARY,
        permissions=["receive"],
        dialog={
            "title": _("Delivery, or correction after a count"),
            "form_class": ReceiveDialog,
            "form_submit_text": _("Write it down"),
        },
    )
    def receive(self, request: HttpRequest, form: ReceiveDialog, object_id: Any) -> HttpResponse:
        stock: Stock = form.row
        try:
            actions.receive_stock(
                reward=stock.reward,
                market=stock.market,
                units=form.cleaned_data["units"],
                kind=form.cleaned_data["kind"],
                memo=form.cleaned_data["memo"],
                key=form.cleaned_data["key"],
                by=request.user,  # type: ignore[arg-type]
            )
        except RewardsRefused as refused:
            messages.error(request, desk_sentence(refused))
        else:
            messages.success(request, gettext("Written down."))
        return dialog_done(request, reverse("admin:rewards_stock_change", args=[stock.pk]))
