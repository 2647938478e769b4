"""양보 점수: what a school is owed for having yielded a date."""

from __future__ import annotations


def credit_for_yielding(pupils_moved: int, pupils_asked_for: int) -> float:
    """Return the credit for a date that was given up: the share of the school's pupils that moved, 1.0 for all of them.

    It is added to the school's mean date cost in the fairness pass, so a whole grade that yielded weighs like one rank
    for everybody. Two decimals, because it is shown.
    """
    return round(pupils_moved / pupils_asked_for, 2) if pupils_asked_for else 0.0
