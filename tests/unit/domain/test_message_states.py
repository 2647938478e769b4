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


@pytest.mark.parametrize("final", [S.DELIVERED, S.BOUNCED, S.WITHDRAWN])
@pytest.mark.parametrize("new", list(S))
def test_what_is_final_stays(final: S, new: S) -> None:
    with pytest.raises(IllegalTransition):
        step(MESSAGE_STEPS, final, new)


@pytest.mark.parametrize(
    ("old", "new"), [(S.CREATED, S.SENT), (S.SENT, S.CREATED), (S.SENT, S.SENDING), (S.SENDING, S.WITHDRAWN)]
)
def test_nothing_leaves_twice(old: S, new: S) -> None:
    with pytest.raises(IllegalTransition):
        step(MESSAGE_STEPS, old, new)


def test_every_state_is_in_the_table() -> None:
    assert set(MESSAGE_STEPS) == set(S)
