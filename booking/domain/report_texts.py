"""The free texts of a quarterly report: which there are, what is carried over, and how lists in them are read.

Two of them are lists with dates, one to a line: ``2017.12 : 진로체험관련 일터발굴 244개`` and ``구로소식 (18.02.26)``.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.errors import InvalidForm, InvalidInput

LONGEST_LINE_TEXT = 300
LONGEST_TEXT = 4000
#: of one line of a list, so that it fits a cell
LONGEST_ITEM = 200


class TextSection(StrEnum):
    """A free text of the report, in the order of the form."""

    PLACE = "place"
    SIZE = "size"
    PERIOD = "period"
    CONTENT = "content"
    BENEFICIARIES = "beneficiaries"
    METHOD = "method"
    FEE = "fee"
    MILESTONES = "milestones"
    RESULTS = "results"
    PLANS = "plans"
    PROBLEMS = "problems"
    PARENTS = "parents"
    DONORS = "donors"
    PROMOTION = "promotion"
    PRESS = "press"

    @property
    def one_line(self) -> bool:
        """Whether it is a single line."""
        return self in _ONE_LINE

    @property
    def kept(self) -> bool:
        """Whether the next report begins with it; what speaks of one quarter only does not."""
        return self not in _OF_THE_QUARTER

    @property
    def required(self) -> bool:
        """Whether a report without it has a gap; more results and press are said only where there are some."""
        return self not in {TextSection.RESULTS, TextSection.PRESS}

    @property
    def looked_at(self) -> bool:
        """Whether somebody has to look at it each quarter, even where it can stay as it was."""
        return self in {TextSection.PLANS, TextSection.PROBLEMS}


_ONE_LINE = frozenset(
    {
        TextSection.PLACE,
        TextSection.SIZE,
        TextSection.PERIOD,
        TextSection.BENEFICIARIES,
        TextSection.METHOD,
        TextSection.FEE,
    }
)
_OF_THE_QUARTER = frozenset({TextSection.RESULTS, TextSection.PARENTS, TextSection.DONORS, TextSection.PRESS})

#: texts that are edited in one form, by the part of the report beside which it stands
GROUPS: Mapping[str, tuple[TextSection, ...]] = {
    "overview": (
        TextSection.PLACE,
        TextSection.SIZE,
        TextSection.PERIOD,
        TextSection.CONTENT,
        TextSection.BENEFICIARIES,
        TextSection.METHOD,
        TextSection.FEE,
    ),
    "results": (TextSection.MILESTONES, TextSection.RESULTS),
    "plans": (TextSection.PLANS,),
    "problems": (TextSection.PROBLEMS,),
    "communication": (TextSection.PARENTS, TextSection.DONORS, TextSection.PROMOTION, TextSection.PRESS),
}

_MILESTONE = re.compile(r"(\d{4})\s*\.\s*(\d{1,2})\s*[:：]\s*(\S.*)")
_PRESS = re.compile(r"(\S.*?)\s*\(\s*'?(\d{2}|\d{4})\s*\.\s*(\d{1,2})\s*\.\s*(\d{1,2})\s*\.?\s*\)")
#: marks that people put before a line; the report sets its own
_MARKS = re.compile(r"\A(?:[-–—○●◦·∙•▪■□※]\s*)+")


@dataclass(frozen=True, slots=True)
class Milestone:
    """그간 주요 추진실적: what was done in a month."""

    #: the first day of its month
    month: dt.date
    text: str

    @property
    def when(self) -> str:
        """``2017.12``."""
        return f"{self.month.year}.{self.month.month:02d}"


@dataclass(frozen=True, slots=True)
class PressItem:
    """언론보도: an outlet and the day on which it wrote."""

    outlet: str
    date: dt.date

    @property
    def sentence(self) -> str:
        """``구로소식 (18.02.26)``."""
        return f"{self.outlet} ({self.date:%y.%m.%d})"


def written_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that say something, without the marks that somebody has put before them."""
    return tuple(stripped for line in text.split("\n") if (stripped := _MARKS.sub("", line.strip()).strip()))


def read_milestones(text: str) -> tuple[Milestone, ...]:
    """Read what was done month by month, in the order of the months.

    Raises:
        InvalidInput: a line has no month (``milestones``; ``reason`` ``milestone``, ``line`` and ``piece``).
    """
    found = []
    for number, line in enumerate(written_lines(text), 1):
        match = _MILESTONE.fullmatch(line)
        if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1000:
            raise _refused(TextSection.MILESTONES, "milestone", number, line)
        found.append(Milestone(dt.date(int(match[1]), int(match[2]), 1), match[3].strip()))
    return tuple(sorted(found, key=lambda milestone: milestone.month))


def read_press(text: str) -> tuple[PressItem, ...]:
    """Read who wrote about the centre, and when, in the order of the days.

    Raises:
        InvalidInput: a line has no day (``press``; ``reason`` ``press``, ``line`` and ``piece``).
    """
    found = []
    for number, line in enumerate(written_lines(text), 1):
        match = _PRESS.fullmatch(line)
        if match is None:
            raise _refused(TextSection.PRESS, "press", number, line)
        year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
        try:
            found.append(PressItem(match[1], dt.date(year, int(match[3]), int(match[4]))))
        except ValueError:
            raise _refused(TextSection.PRESS, "press", number, line) from None
    return tuple(sorted(found, key=lambda item: item.date))


def _refused(section: TextSection, reason: str, line: int, piece: str) -> InvalidInput:
    return InvalidInput(field=section.value, reason=reason, line=line, piece=piece[:40])


def read_texts(form: Mapping[str, str], sections: tuple[TextSection, ...]) -> dict[TextSection, str]:
    """Return the texts of a form as they are kept: tidy, without signs that no printer knows.

    Raises:
        InvalidForm: naming each text that is too long or whose lines cannot be read.
    """
    found: dict[TextSection, str] = {}
    faults: list[InvalidInput] = []
    for section in sections:
        try:
            found[section] = _read(section, form.get(section.value, ""))
        except InvalidInput as fault:
            faults.append(fault)
    if faults:
        raise InvalidForm(faults)
    return found


def _read(section: TextSection, given: str) -> str:
    text = printable(given).strip()
    if section.one_line:
        text = " ".join(text.split())
    if len(text) > (LONGEST_LINE_TEXT if section.one_line else LONGEST_TEXT):
        longest = LONGEST_LINE_TEXT if section.one_line else LONGEST_TEXT
        raise InvalidInput(field=section.value, reason="report_text_long", longest=longest)
    if section is TextSection.MILESTONES:
        read_milestones(text)
    elif section is TextSection.PRESS:
        read_press(text)
    return text


def printable(text: str) -> str:
    """A text without control characters, of which XML knows none: only new lines are kept, blanks are blanks."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cs", "Cn", "Co"})
