"""The tables of states: complete, and closed against what is not in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from booking.domain import states
from booking.domain.errors import IllegalTransition
from booking.domain.states import (
    GROUP_STEPS,
    LIVE_GROUPS,
    MESSAGE_STEPS,
    OFFER_STEPS,
    REQUEST_STEPS,
    RUN_STEPS,
    SEARCH_STEPS,
    VISIT_STEPS,
    WORKPLACE_STEPS,
    GroupStatus,
    MessageStatus,
    RunStatus,
    may_step,
    step,
)

TABLES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "RequestStatus": REQUEST_STEPS,
    "RunStatus": RUN_STEPS,
    "VisitStatus": VISIT_STEPS,
    "GroupStatus": GROUP_STEPS,
    "OfferStatus": OFFER_STEPS,
    "SearchStatus": SEARCH_STEPS,
    "WorkplaceStatus": WORKPLACE_STEPS,
    "MessageStatus": MESSAGE_STEPS,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_its_row(name: str) -> None:
    assert set(TABLES[name]) == set(getattr(states, name))


@pytest.mark.parametrize("name", TABLES)
def test_every_state_can_be_reached_from_the_first(name: str) -> None:
    table = TABLES[name]
    first = next(iter(getattr(states, name)))
    reached, waiting = {first}, [first]
    while waiting:
        for new in table[waiting.pop()] - reached:
            reached.add(new)
            waiting.append(new)

    assert reached == set(table)


def test_a_step_of_the_table_is_taken() -> None:
    assert step(RUN_STEPS, RunStatus.QUEUED, RunStatus.SOLVING) is RunStatus.SOLVING


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RunStatus.QUEUED, RunStatus.PUBLISHED),
        (RunStatus.PUBLISHED, RunStatus.PROPOSED),
        (RunStatus.FAILED, RunStatus.QUEUED),
    ],
)
def test_a_step_that_is_not_there_is_refused(old: RunStatus, new: RunStatus) -> None:
    with pytest.raises(IllegalTransition) as caught:
        step(RUN_STEPS, old, new)

    assert caught.value.facts == {"old": old.value, "new": new.value}


def test_a_place_once_given_up_is_not_taken_back() -> None:
    assert not any(may_step(GROUP_STEPS, GroupStatus.DECLINED, new) for new in LIVE_GROUPS)
    assert not any(may_step(GROUP_STEPS, GroupStatus.RELEASED, new) for new in LIVE_GROUPS)


def test_a_delivered_message_is_never_sent_again() -> None:
    assert not may_step(MESSAGE_STEPS, MessageStatus.DELIVERED, MessageStatus.CREATED)
    assert not may_step(MESSAGE_STEPS, MessageStatus.SENT, MessageStatus.CREATED)
