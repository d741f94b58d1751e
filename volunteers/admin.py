"""Activities of a market or a district, and who signed up."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from accounts.queries import markets_of
from accounts.scoped_admin import CLERK, MANAGER, SUPERVISOR, HistoryAdmin
from volunteers.actions import change_activity
from volunteers.errors import VolunteersRefused
from volunteers.models import Activity, SignUp
from volunteers.words import refused


class ActivityForm(forms.ModelForm):
    """An activity in a market is one of that market's district."""

    class Meta:
        model = Activity
        fields = ("market", "district", "title", "what", "where", "starts_at", "ends_at", "places")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        market, district = cleaned.get("market"), cleaned.get("district")
        if market is not None:
            cleaned["district"] = self.instance.district = market.district
        elif district is None and "market" in self.fields:
            self.add_error("market", _("Choose the market, or the district it is for."))
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end must be later than the start."))
        places = cleaned.get("places")
        if places == 0:
            self.add_error("places", _("An activity has at least one place."))
        elif places and places < self.instance.taken:
            refusal = VolunteersRefused(
                "fewer_than_taken", taken=self.instance.taken, places=places
            )
            self.add_error("places", refused(refusal))
        return cleaned


class SignUpInline(TabularInline):
    """Who comes, by masked number; taking a place and giving it up are the volunteers' own."""

    model = SignUp
    fields = readonly_fields = ("user", "at", "cancelled_at", "helped_by")
    extra = max_num = 0
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> "QuerySet[SignUp]":
        return super().get_queryset(request).select_related("user", "helped_by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # with its activity

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WhenFilter(admin.SimpleListFilter):
    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ahead", _("To come")), ("past", _("Over"))]

    def queryset(self, request: HttpRequest, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        now = timezone.now()
        if self.value() == "ahead":
            return rows.filter(ends_at__gt=now)
        return rows.filter(ends_at__lte=now) if self.value() == "past" else rows


@admin.register(Activity)
class ActivityAdmin(HistoryAdmin):
    market_path = "market"
    district_path = "district"
    view_roles = frozenset({MANAGER, CLERK, SUPERVISOR})
    add_roles = change_roles = frozenset({MANAGER, SUPERVISOR})
    form = ActivityForm
    list_display = ("title", "market", "where", "starts_at", "ends_at", "filled")
    list_filter = (WhenFilter, "market")
    list_select_related = ("market", "district")
    search_fields = ("title", "where")
    ordering = ("-starts_at",)
    inlines = (SignUpInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if self.has_role_among(request, frozenset({SUPERVISOR}), obj):
            return ActivityForm.Meta.fields
        return tuple(name for name in ActivityForm.Meta.fields if name != "district")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        fields = form.base_fields
        if "district" in fields:
            fields["district"].required = False
        elif "market" in fields:
            fields["market"].required = True
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        own = markets_of(request.user)  # type: ignore[arg-type]
        return {"market": next(iter(own))} if len(own) == 1 else {}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: Activity, form: Any, change: bool) -> None:
        if change:
            change_activity(activity=obj, by=request.user)  # type: ignore[arg-type]
            return
        obj.organiser = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except VolunteersRefused as refusal:  # somebody signed up after the form's own check
            messages.error(request, refused(refusal))
            return HttpResponseRedirect(request.path)

    @display(description=_("places taken"), ordering="taken")
    def filled(self, activity: Activity) -> str:
        return f"{activity.taken} / {activity.places}"
