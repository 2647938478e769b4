"""When to leave: on foot for short ways, by bus for longer ones, rounded up, never past the beginning."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.domain.travel import DETOUR, WALK_KM, Journey, Mode, journey, leave_at


@pytest.mark.parametrize(
    ("straight", "mode", "minutes"),
    [
        (0.0, Mode.WALK, 5),
        (0.2, Mode.WALK, 5),
        (0.9, Mode.WALK, 20),  # 1.17 km at 4 km/h: 17.6 minutes
        (0.95, Mode.TRANSIT, 20),  # 1.24 km: 12 + 4.9 minutes
        (3.0, Mode.TRANSIT, 30),  # 3.9 km: 12 + 15.6 minutes
        (10.0, Mode.TRANSIT, 65),  # exactly 64 minutes
    ],
)
def test_the_way_and_its_minutes(straight: float, mode: Mode, minutes: int) -> None:
    found = journey(straight)
    assert (found.mode, found.minutes) == (mode, minutes)
    assert found.km == pytest.approx(straight * DETOUR, abs=0.01)


def test_the_border_between_walking_and_riding() -> None:
    assert journey(WALK_KM / DETOUR - 1e-6).mode is Mode.WALK
    assert journey(WALK_KM / DETOUR + 1e-6).mode is Mode.TRANSIT


def test_a_longer_way_of_one_kind_never_takes_less() -> None:
    ways = [journey(metres / 1000) for metres in range(0, 12_000, 50)]
    for mode in Mode:
        minutes = [way.minutes for way in ways if way.mode is mode]
        assert minutes == sorted(minutes)
    assert all(way.minutes % 5 == 0 for way in ways)


def test_when_to_leave() -> None:
    assert leave_at(dt.time(9, 0), Journey(Mode.TRANSIT, 3.9, 20)) == dt.time(8, 40)
    assert leave_at(dt.time(13, 15), Journey(Mode.WALK, 0.5, 10)) == dt.time(13, 5)
    assert leave_at(dt.time(0, 10), Journey(Mode.TRANSIT, 9.0, 30)) == dt.time(0, 0)


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf")])
def test_what_is_no_distance_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="no distance"):
        journey(wrong)
