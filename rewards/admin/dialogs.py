"""The forms of the dialogs. Each is bound to a row that the person could open themselves."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from rewards.models import KioskDevice, Stock, StockMove, Voucher


class _RowDialog(BaseDialogForm):
    """Opens only on a row within the person's scope: Http404 otherwise, also for the form alone."""

    model: type[Any]

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any):
        self.row = admin.site._registry[self.model].get_own(request, object_id)  # type: ignore[attr-defined]
        super().__init__(request, object_id, *args, **kwargs)


class ReceiveDialog(_RowDialog):
    """Units that came, or that a count found to be missing or too many."""

    model = Stock
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (StockMove.Kind.DELIVERY.value, StockMove.Kind.DELIVERY.label),
            (StockMove.Kind.CORRECTION.value, StockMove.Kind.CORRECTION.label),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    units = forms.IntegerField(
        label=_("Units"),
        min_value=-1_000_000,
        max_value=1_000_000,
        help_text=_("A correction may be below zero: −2 when two are missing."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    memo = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("Delivery note, or why the count differs."),
        widget=UnfoldAdminTextInputWidget,
    )
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)


class KioskDialog(_RowDialog):
    model = KioskDevice


class WithdrawDialog(_RowDialog):
    model = Voucher
    why = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The resident reads this sentence."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
