"""만족도: questions of five steps for schools, workplaces and programmes; what may be said of answers, and remarks.

A mean of few answers says more of the few than of the thing: below :data:`LEAST_ANSWERS` none is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.contacts import clean_line
from booking.domain.errors import InvalidForm, InvalidInput

#: answers are counted from 1 (not at all) to 5 (very)
STEPS = (1, 2, 3, 4, 5)
#: with fewer answers neither mean nor share is shown, nor how they are spread
LEAST_ANSWERS = 5
#: so many days after its visit a workplace may answer on its link, and correct what it has answered
OPEN_DAYS = 14
LONGEST_QUESTION, LONGEST_REMARK, LONGEST_REASON = 80, 300, 100
#: questions asked of an audience at a time: few, so that people answer
MOST_QUESTIONS = 6
#: answers of one session to one question with one step
MOST_ANSWERS = 100_000
_TOP_TWO = 2


class Audience(StrEnum):
    """Whom a question is asked: pupils after a visit (told by their school), workplaces, people at a programme."""

    SCHOOL = "school"
    WORKPLACE = "workplace"
    PROGRAMME = "programme"


class RemarkState(StrEnum):
    """A remark is seen by nobody but the office until somebody there has looked at it."""

    NEW = "new"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Doubt(StrEnum):
    """What in a remark looks as if it said who somebody is."""

    TELEPHONE = "telephone"
    EMAIL = "email"
    NAME = "name"
    CLASS_NUMBER = "class_number"


@dataclass(frozen=True, slots=True)
class Spread:
    """How many gave each step from 1 to 5, and what may be said of it."""

    counts: tuple[int, ...] = (0, 0, 0, 0, 0)

    @classmethod
    def of(cls, all_counts: Iterable[Sequence[int]]) -> Spread:
        """The sum of several."""
        sums = [0] * len(STEPS)
        for counts in all_counts:
            sums = [one + more for one, more in zip(sums, counts, strict=True)]
        return cls(tuple(sums))

    @property
    def answers(self) -> int:
        """How many answered."""
        return sum(self.counts)

    @property
    def enough(self) -> bool:
        """Whether so many answered that a mean says something of the thing."""
        return self.answers >= LEAST_ANSWERS

    @property
    def mean(self) -> float | None:
        """The mean step; None where too few answered."""
        if not self.enough:
            return None
        return sum(step * count for step, count in zip(STEPS, self.counts, strict=True)) / self.answers

    @property
    def top_two(self) -> float | None:
        """The share of the two best steps; None where too few answered."""
        return sum(self.counts[-_TOP_TWO:]) / self.answers if self.enough else None


_MOBILE, _FIXED = r"(?:\+?82[\s.-]?)?0?1\d", r"0\d{1,2}"
_TELEPHONE = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_FIXED})[\s.-]?\d{{3,4}}[\s.-]?\d{{4}}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
#: a family name and one to two syllables before what people are called by: 김가람 학생, 이보람 군
_FAMILY = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민"
_NAME = re.compile(rf"(?<![가-힣])[{_FAMILY}][가-힣]{{1,2}}\s?(?:학생|군|양|이가|이는|님|씨|선생님|쌤)(?![가-힣]*들)")
_CLASS_NUMBER = re.compile(r"\d+\s?학년\s?\d+\s?반\s?\d+\s?번")


def doubts(text: str) -> list[Doubt]:
    """Return what in a remark may say who somebody is: a hint for whoever moderates, never a verdict."""
    signs = {Doubt.TELEPHONE: _TELEPHONE, Doubt.EMAIL: _EMAIL, Doubt.NAME: _NAME, Doubt.CLASS_NUMBER: _CLASS_NUMBER}
    return [doubt for doubt, sign in signs.items() if sign.search(text)]


def clean_remark(text: str) -> str:
    """Return a remark in one line; empty where nothing was said.

    Raises:
        InvalidInput: it is too long (``remark``).
    """
    if not text.strip():
        return ""
    if len(text.strip()) > LONGEST_REMARK:
        raise InvalidInput(field="remark", reason="too_long", most=LONGEST_REMARK)
    return clean_line(text, "remark", LONGEST_REMARK)


def clean_question(text: str, text_en: str) -> tuple[str, str]:
    """Return a question in both languages, each in one line.

    Raises:
        InvalidForm: every field that cannot be accepted (``text``, ``text_en``).
    """
    found, faults = [], []
    for field, given in (("text", text), ("text_en", text_en)):
        try:
            found.append(clean_line(given, field, LONGEST_QUESTION))
        except InvalidInput as fault:
            faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    return found[0], found[1]
