"""The shape of what a reporter and a handler fill in."""

import math
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from markets.errors import StallRefused
from markets.models import Market, Stall
from markets.queries import find_stall, markets_open
from reports.actions.submit import MAX_WORDS, Position
from reports.errors import ReportRefused
from reports.models import Category
from reports.queries.choices import stall_by_number
from reports.words import sentence, stall_sentence

KEPT = (
    "stall", "market", "stall_number", "category", "words", "latitude", "longitude", "accuracy",
)  # fmt: skip


class WordsField(forms.CharField):
    """Free words: a browser's line ends count as one character, as they do in the browser."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), required=False, **options)
        self.max_length = None

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").strip()

    def clean(self, value: Any) -> str:
        words: str = super().clean(value)
        if len(words) > MAX_WORDS:
            raise forms.ValidationError(sentence(ReportRefused("words_too_long", limit=MAX_WORDS)))
        return words


class ReportForm(forms.Form):
    """Stall by its code, or market and the number on the sign; type; words; position."""

    stall = forms.CharField(required=False, widget=forms.HiddenInput)
    market = forms.ModelChoiceField(
        Market.objects.none(),
        required=False,
        label=gettext_lazy("Which market?"),
        empty_label=gettext_lazy("Please choose"),
    )
    stall_number = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Stall number"),
        help_text=gettext_lazy(
            "On the sign above the stall, such as A-12. Leave it empty if there is none."
        ),
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(is_active=True, parent__is_active=True),
        to_field_name="code",
        label=gettext_lazy("What is the problem?"),
        error_messages={
            "required": gettext_lazy("Please choose what kind of problem it is."),
            "invalid_choice": gettext_lazy("Please choose what kind of problem it is."),
        },
    )
    words = WordsField(
        label=gettext_lazy("In your words"),
        help_text=gettext_lazy("What, where, since when. You may speak to the keyboard."),
    )
    latitude = forms.CharField(required=False, widget=forms.HiddenInput)
    longitude = forms.CharField(required=False, widget=forms.HiddenInput)
    accuracy = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        markets: Any = self.fields["market"]
        markets.queryset = markets_open().order_by("district_id", "id")
        self.found_stall: Stall | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("stall"):
            self._clean_code(cleaned)
        elif cleaned.get("market") is None:
            self.add_error("market", _("Please choose the market."))
        elif cleaned.get("stall_number"):
            self._clean_number(cleaned)
        if not self.errors and self.found_stall is None:
            category = cleaned["category"]
            if category.stall_need == Category.StallNeed.REQUIRED:
                self.add_error("stall_number", sentence(ReportRefused("stall_needed")))
        return cleaned

    def _clean_code(self, cleaned: dict[str, Any]) -> None:
        try:
            self.found_stall = find_stall(cleaned["stall"]).stall
        except StallRefused as refusal:
            if refusal.code == "replaced":  # an old sticker on the right stall
                self.found_stall = refusal.stall
            else:
                self.add_error("market", stall_sentence(refusal))
        if self.found_stall:
            cleaned["market"] = self.found_stall.market

    def _clean_number(self, cleaned: dict[str, Any]) -> None:
        market = cleaned["market"]
        number = unicodedata.normalize("NFKC", cleaned["stall_number"])
        stall = stall_by_number(market, number)
        if stall is None:
            refusal = ReportRefused("stall_elsewhere", stall=number, market=market)
        elif stall.moved_to is not None:
            refusal = ReportRefused("stall_moved", stall=stall, moved_to=stall.moved_to)
        elif stall.closed_at is not None:
            refusal = ReportRefused("stall_closed", stall=stall)
        else:
            self.found_stall = stall
            return
        self.add_error("stall_number", sentence(refusal))

    @property
    def position(self) -> Position | None:
        """Where the phone said it was; nonsense counts as nothing said."""
        latitude = _number(self.cleaned_data.get("latitude"), 90)
        longitude = _number(self.cleaned_data.get("longitude"), 180)
        if latitude is None or longitude is None:
            return None
        return Position(latitude, longitude, _number(self.cleaned_data.get("accuracy"), 1e6))


class FinishForm(forms.Form):
    """What the handler did."""

    words = WordsField(
        label=gettext_lazy("What was done"),
        help_text=gettext_lazy("One line is enough."),
    )


def _number(value: Any, limit: float) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and abs(number) <= limit else None
