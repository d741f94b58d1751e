"""The shape of what comes in."""

from django import forms


class ConfirmForm(forms.Form):
    """One per confirmation page: its key, and the price that was on it."""

    key = forms.UUIDField()
    points = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class CodeForm(forms.Form):
    """A code that was typed, pasted or scanned."""

    code = forms.CharField(max_length=300, strip=True)


class AcceptForm(forms.Form):
    """At which of their stalls a merchant accepts; empty at the service desk."""

    stall = forms.IntegerField(min_value=1, required=False)
