"""The forms of the dialogs. Each is bound to a row that the person could open themselves."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.errors import PhoneRefused
from accounts.models import User
from accounts.phones import parse_phone
from accounts.queries import user_by_phone
from markets.models import Merchant, MerchantMember, Stall, Tenancy
from markets.queries import code_of


class DayField(forms.DateField):
    """A day by the browser's own calendar."""

    widget = UnfoldAdminDateWidget(attrs={"type": "date"}, format="%Y-%m-%d")


class StallNumberField(forms.CharField):
    """A stall of the same market by its number; cleaned to the stall."""

    widget = UnfoldAdminTextInputWidget


class _RowDialog(BaseDialogForm):
    """Opens only on a row within the person's scope: Http404 otherwise, also for the form alone."""

    model: type[Any]

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any):
        self.row = admin.site._registry[self.model].get_own(request, object_id)  # type: ignore[attr-defined]
        super().__init__(request, object_id, *args, **kwargs)

    def stall_of_same_market(self, stall: Stall, number: str) -> Stall:
        found = Stall.objects.filter(market=stall.market_id, number__iexact=number.strip()).first()
        if found is None:
            raise forms.ValidationError(
                _("%(market)s has no stall %(number)s. Please look at the number again."),
                params={"market": stall.market, "number": number},
            )
        return found


class ReplaceCodeDialog(_RowDialog):
    model = Stall
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = code_of(self.row)


class StartTenancyDialog(_RowDialog):
    """By the licence: merchants of other markets are not listed, but can be taken in."""

    model = Stall
    licence = forms.CharField(
        label=_("licence number"), max_length=40, widget=UnfoldAdminTextInputWidget
    )
    first_day = DayField(label=_("first day"), initial=timezone.localdate)
    last_day = DayField(label=_("last day"), required=False, help_text=_("Empty: open end."))

    def clean_licence(self) -> Merchant:
        number = self.cleaned_data["licence"].strip()
        merchant = Merchant.objects.filter(licence__iexact=number).first()
        if merchant is None:
            raise forms.ValidationError(
                _("No merchant has licence %(number)s. Check it, or add the merchant first."),
                params={"number": number},
            )
        return merchant


class MoveMerchantDialog(_RowDialog):
    model = Stall
    to = StallNumberField(label=_("to stall number"), max_length=20)
    on = DayField(label=_("from this day on"), initial=timezone.localdate)

    def clean_to(self) -> Stall:
        return self.stall_of_same_market(self.row, self.cleaned_data["to"])


class GiveUpDialog(_RowDialog):
    model = Stall
    to = StallNumberField(
        label=_("moved to stall number"),
        max_length=20,
        required=False,
        help_text=_("Empty: the stall is given up, and its tenancy ends today."),
    )

    def clean_to(self) -> Stall | None:
        number = self.cleaned_data["to"]
        return self.stall_of_same_market(self.row, number) if number else None


class EndTenancyDialog(_RowDialog):
    model = Tenancy
    last_day = DayField(label=_("last day"), initial=timezone.localdate)


class AddMemberDialog(_RowDialog):
    """By the phone number, which the merchant says: people are not listed to choose from."""

    model = Merchant
    phone = forms.CharField(
        label=_("mobile number"), max_length=30, widget=UnfoldAdminTextInputWidget
    )
    role = forms.ChoiceField(
        label=_("role"), choices=MerchantMember.Role.choices, widget=UnfoldAdminSelectWidget
    )

    def clean_phone(self) -> User:
        try:
            user = user_by_phone(parse_phone(self.cleaned_data["phone"]))
        except PhoneRefused as refused:
            raise forms.ValidationError(
                _("This is not a mobile number. Please type 11 digits.")
            ) from refused
        if user is None or user.phone_verified_at is None:
            raise forms.ValidationError(
                _("Nobody has signed in with this number yet. Let them do so once, then add them.")
            )
        return user


class RemoveMemberDialog(_RowDialog):
    model = Merchant
    member = forms.ModelChoiceField(
        label=_("person"), queryset=MerchantMember.objects.none(), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["member"]
        members.queryset = self.row.members.select_related("user", "merchant")
