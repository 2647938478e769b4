"""The way of a message, step by step."""

from __future__ import annotations

from itertools import pairwise

import pytest

from booking.domain.errors import IllegalTransition
from booking.domain.states import MESSAGE_STEPS, MessageStatus, step

S = MessageStatus


@pytest.mark.parametrize(
    "way", [(S.CREATED, S.SENDING, S.SENT, S.DELIVERED), (S.SENDING, S.UNKNOWN, S.SENT, S.BOUNCED)]
)
def test_the_usual_ways_are_open(way: tuple[S, ...]) -> None:
    for old, new in pairwise(way):
        assert step(MESSAGE_STEPS, old, new) is new


@pytest.mark.parametrize("final", [S.DELIVERED, S.WITHDRAWN, S.TOLD])
@pytest.mark.parametrize("new", list(S))
def test_what_is_final_stays(final: S, new: S) -> None:
    with pytest.raises(IllegalTransition):
        step(MESSAGE_STEPS, final, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.CREATED, S.SENT),
        (S.SENT, S.CREATED),
        (S.SENT, S.SENDING),
        (S.SENDING, S.WITHDRAWN),
        (S.BOUNCED, S.DELIVERED),
        (S.DELIVERED, S.TOLD),
        (S.CREATED, S.TOLD),
    ],
)
def test_nothing_leaves_twice(old: S, new: S) -> None:
    with pytest.raises(IllegalTransition):
        step(MESSAGE_STEPS, old, new)


@pytest.mark.parametrize("lost", [S.FAILED, S.BOUNCED, S.UNKNOWN])
@pytest.mark.parametrize("settled", [S.CREATED, S.TOLD])
def test_what_did_not_arrive_a_person_sends_again_or_says_on_the_telephone(lost: S, settled: S) -> None:
    assert step(MESSAGE_STEPS, lost, settled) is settled


def test_every_state_is_in_the_table() -> None:
    assert set(MESSAGE_STEPS) == set(S)
