"""The forms of the dialogs in which a manager decides. Each is bound to a report of their own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from markets.models import Department
from reports.models import Report


def _words(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=500,
        help_text=help_text,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ReportDialog(BaseDialogForm):
    """Opens only on a report of the person's market: Http404 otherwise, also for the form alone."""

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any):
        self.report: Report = admin.site._registry[Report].get_own(request, object_id)  # type: ignore[attr-defined]
        super().__init__(request, object_id, *args, **kwargs)


class AcceptDialog(ReportDialog):
    why = _words(_("Note"), required=False, help_text=_("The reporter can read it."))


class RefuseDialog(ReportDialog):
    why = _words(
        _("Reason"),
        required=True,
        help_text=_("The reporter reads this sentence. Say what was found."),
    )


class DispatchDialog(ReportDialog):
    department = forms.ModelChoiceField(
        label=_("Department"),
        queryset=Department.objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text=_("Everybody in the department sees the order; the first to take it has it."),
    )

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any):
        super().__init__(request, object_id, *args, **kwargs)
        market = self.report.market
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Department.objects.filter(
            Q(market=None) | Q(market=market), district=market.district
        )


class RedoDialog(ReportDialog):
    why = _words(_("What is still to be done"), required=True)


class CloseDialog(ReportDialog):
    why = _words(_("Note"), required=False, help_text=_("The reporter can read it."))
