"""submit_report: one report per form, and what it refuses."""

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from markets.models import Tenancy
from reports import actions
from reports.errors import ReportRefused
from reports.models import Draft, FollowUp, Photo, Report, ReportMove
from reports.states import State, Verb
from tests.makers import make_merchant, make_stall
from tests.reports.helpers import files_on_disk, new_photo, submit, verbs


def test_writes_report_photos_and_history(city, bell, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        report = submit(city, photos=[new_photo(0), new_photo(1, Photo.Kind.WIDE, seed=2)])
    assert (report.state, report.reporter, report.market) == (
        State.SUBMITTED,
        city.citizen,
        city.market,
    )
    assert report.merchant == city.merchant
    assert report.respond_due_at > report.created_at
    (step,) = ReportMove.objects.filter(report=report)
    assert (step.verb, step.from_state, step.to_state, step.by) == (
        Verb.SUBMIT,
        "",
        State.SUBMITTED,
        city.citizen,
    )
    photos = Photo.objects.filter(report=report)
    assert [(p.kind, p.slot, p.status, p.move) for p in photos] == [
        ("near", 0, "pending", step),
        ("wide", 1, "pending", step),
    ]
    assert all(photo.due_at and len(photo.digest) == 64 for photo in photos)
    assert sorted(photo.original.name for photo in photos) == files_on_disk(settings)
    assert bell == ["reports.process_due_photos"]
    assert not FollowUp.objects.exists()


def test_same_key_again_is_the_first_report(city, settings):
    key = uuid4()
    first = actions.submit_report(
        key=key,
        by=city.citizen,
        category=city.category,
        market=city.market,
        photos=[new_photo()],
    )
    again = actions.submit_report(
        key=key,
        by=city.citizen,
        category=city.food_category,
        market=city.market,
        words="别的话",
        photos=[new_photo(seed=2)],
    )
    assert first.first
    assert not again.first
    assert again.report == first.report
    assert Report.objects.count() == 1
    assert len(files_on_disk(settings)) == 1


def test_key_of_somebody_else_is_refused_and_shows_nothing(city, settings):
    key = uuid4()
    submit(city, key=key)
    with pytest.raises(ReportRefused) as refusal:
        submit(city, key=key, by=city.stranger)
    assert refusal.value.code == "key_taken"
    assert Report.objects.filter(reporter=city.stranger).count() == 0
    assert len(files_on_disk(settings)) == 1


def test_merchant_is_the_tenant_of_that_day(city):
    today = timezone.localdate()
    stall = make_stall(city.market, "C-01")
    later, _owner = make_merchant(stall, "后来的人", since=today)
    earlier = Tenancy.objects.create(
        stall=stall, merchant=city.other_merchant, days=(dt.date(2025, 1, 1), today)
    )
    assert submit(city, stall=stall).merchant == later
    back_then = timezone.now() - dt.timedelta(days=3)
    assert submit(city, stall=stall, at=back_then).merchant == earlier.merchant


def refused(city, **about) -> str:
    with pytest.raises(ReportRefused) as refusal:
        submit(city, **about)
    assert not Report.objects.exists()
    assert not Photo.objects.exists()
    return refusal.value.code


def test_refuses_no_photo(city):
    assert refused(city, photos=[]) == "photo_needed"


def test_refuses_five_photos(city):
    assert refused(city, photos=[new_photo(slot) for slot in range(5)]) == "too_many_photos"


def test_refuses_too_many_words(city):
    assert refused(city, words="字" * 1001) == "words_too_long"


def test_refuses_an_upper_type(city):
    assert refused(city, category=city.category.parent) == "category_unknown"


def test_refuses_a_type_no_longer_in_use(city):
    city.category.is_active = False
    city.category.save(update_fields=["is_active"])
    assert refused(city) == "category_unknown"


def test_refuses_food_without_a_stall(city):
    assert refused(city, category=city.food_category, stall=None) == "stall_needed"


def test_refuses_a_stall_of_another_market(city):
    assert refused(city, stall=city.other_stall) == "stall_elsewhere"


def test_refuses_a_stall_that_moved(city):
    city.stall.moved_to = make_stall(city.market, "C-02")
    city.stall.save(update_fields=["moved_to"])
    assert refused(city) == "stall_moved"


def test_refuses_a_stall_that_was_given_up(city):
    city.stall.closed_at = timezone.now()
    city.stall.save(update_fields=["closed_at"])
    assert refused(city) == "stall_closed"


def test_refuses_a_market_no_longer_in_use(city):
    city.market.is_open = False
    city.market.save(update_fields=["is_open"])
    assert refused(city) == "market_closed"


def test_takes_over_the_photos_of_the_draft(city):
    key = uuid4()
    actions.save_draft(
        key=key,
        by=city.citizen,
        fields={"words": "先写的"},
        photos=[new_photo(0), new_photo(1, Photo.Kind.WIDE, seed=2)],
    )
    kept_near, kept_wide = Photo.objects.order_by("slot")
    report = submit(city, key=key, photos=[new_photo(0, seed=3)], draft_id=key)
    photos = {photo.slot: photo for photo in Photo.objects.filter(report=report)}
    assert photos[1] == kept_wide
    assert photos[0].digest != kept_near.digest
    assert photos[1].move == report.moves.get()
    assert not Draft.objects.exists()
    assert not Photo.objects.filter(pk=kept_near.pk).exists()


def test_draft_of_somebody_else_is_refused_and_leaves_no_file(city, settings):
    key = uuid4()
    actions.save_draft(key=key, by=city.stranger, fields={"words": "x"}, photos=[new_photo()])
    with pytest.raises(ReportRefused) as refusal:
        submit(city, photos=[new_photo(seed=2)], draft_id=key)
    assert refusal.value.code == "key_taken"
    assert len(files_on_disk(settings)) == 1


def test_number_cannot_be_counted_through(city):
    numbers = [submit(city).number for _each in range(3)]
    assert len({number[5:] for number in numbers}) == 3
    assert all(number[4] == "-" and len(number) == 13 for number in numbers)


def test_history_begins_with_the_submission(city):
    assert verbs(submit(city)) == [Verb.SUBMIT]
