"""A request in the making survives every step; what makes no sense in a form is left out."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from booking.domain.draft import MAY, Draft
from booking.domain.ids import ClassId, SlotId
from booking.domain.vocabulary import Block, JobField
from booking.queries.load import SlotLoad
from booking.web.drafts import pairs, read_dates, read_draft

LOADS = [SlotLoad(SlotId(n), f"s{n}", dt.date(2026, 6, n), Block.AM, 0, 10) for n in range(1, 10)]


def test_a_draft_comes_back_from_its_form_and_from_its_document() -> None:
    draft = Draft(
        class_ids=(ClassId(3), ClassId(1)),
        together=True,
        fields=(JobField.HEALTH, JobField.ARTS),
        requested=(SlotId(9), SlotId(2)),
        negotiable=(SlotId(4),),
    )
    assert read_draft(MultiDict(pairs(draft))) == draft
    assert Draft.from_document(draft.document()) == draft
    assert Draft.from_document({}) == Draft()
    assert draft.choices == {9: "1", 2: "2", 4: MAY}


@given(st.lists(st.tuples(st.sampled_from(["class", "field", "wish", "may", "together"]), st.text(max_size=30))))
def test_no_form_breaks_it(sent: list[tuple[str, str]]) -> None:
    draft = read_draft(MultiDict(sent))
    assert read_draft(MultiDict(pairs(draft))) == draft


def test_classes_that_have_gone_are_left_out_and_one_alone_goes_alone() -> None:
    draft = Draft(class_ids=(ClassId(3), ClassId(1)), together=True)
    assert draft.with_classes([ClassId(1), ClassId(3)]) == draft
    assert draft.with_classes([ClassId(1)]) == Draft(class_ids=(ClassId(1),))


def test_ranks_may_have_gaps_and_are_ordered() -> None:
    given_dates = read_dates({"s7": "5", "s2": "1", "s4": "3", "s5": "may", "s6": "", "s99": "2"}, LOADS)
    assert given_dates.requested == (2, 4, 7)
    assert given_dates.negotiable == (5,)
    assert given_dates.fault is None


def test_a_rank_given_twice_and_no_rank_at_all_are_faults() -> None:
    twice = read_dates({"s7": "1", "s2": "1"}, LOADS)
    assert twice.fault is not None
    assert twice.fault.reason == "twice"
    assert twice.choices == {7: "1", 2: "1"}
    none = read_dates({"s7": "may", "s2": "9", "s3": "<script>"}, LOADS)
    assert none.fault is not None
    assert none.fault.reason == "required"
