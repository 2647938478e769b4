"""The form in which attendance and pupils' answers are entered, by a school or by the centre on the telephone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.ids import GroupId
from booking.domain.visit_days import ANSWERS
from booking.models.afterwards import Attendance
from booking.models.satisfaction import SurveyQuestion
from booking.models.visits import VisitGroup
from booking.queries.afterwards import Counts
from booking.services.attendance import GroupFigures
from booking.web.marking import gettext

LONGEST_NUMBER = 12
#: what comes in is kept so far, so that a person can shorten it
LONGEST_REMARK = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the form, as text where it may be anything; ``version`` is what the form was opened with."""

    attended: str
    remark: str
    version: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form brought: its rows as they were typed, and the figures where they make sense."""

    entries: dict[GroupId, Entry]
    figures: list[GroupFigures]
    faults: list[InvalidInput] = field(default_factory=list)

    def checked(self) -> list[GroupFigures]:
        """The figures.

        Raises:
            InvalidForm: what was typed is no number.
        """
        if self.faults:
            raise InvalidForm(self.faults)
        return self.figures


def stored_entries(groups: Sequence[VisitGroup], known: Mapping[GroupId, Attendance]) -> dict[GroupId, Entry]:
    """The form as it opens: what was reported, else the head count that was planned."""
    return {
        group.id: Entry(str(known[group.id].attended), known[group.id].remark, known[group.id].version)
        if group.id in known
        else Entry(str(group.pupils), "", 0)
        for group in groups
    }


def at_versions(entries: Mapping[GroupId, Entry], known: Mapping[GroupId, Attendance]) -> dict[GroupId, Entry]:
    """What was typed, with the versions that stand now: sent once more it replaces what the page shows beside it."""
    return {
        number: Entry(entry.attended, entry.remark, known[number].version if number in known else 0)
        for number, entry in entries.items()
    }


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def read_attendance(form: Mapping[str, str], groups: Sequence[VisitGroup]) -> Sent:
    """Read the form; a group whose number is left empty has not been reported yet, unless it has a remark."""
    entries: dict[GroupId, Entry] = {}
    figures: list[GroupFigures] = []
    faults: list[InvalidInput] = []
    for group in groups:
        name = f"attended-{group.id}"
        if name not in form:
            continue
        entry = Entry(
            form[name].strip()[:LONGEST_NUMBER],
            form.get(f"remark-{group.id}", "").replace("\r\n", "\n").strip()[:LONGEST_REMARK],
            _whole(form.get(f"version-{group.id}", "0")[:9]) or 0,
        )
        entries[group.id] = entry
        number = _whole(entry.attended)
        if number is not None:
            figures.append(GroupFigures(group.id, number, entry.remark, entry.version))
        elif entry.attended:
            faults.append(InvalidInput(field=name, reason="number"))
        elif entry.remark or entry.version:
            faults.append(InvalidInput(field=name, reason="required"))
    return Sent(entries, figures, faults)


def read_answers(
    form: Mapping[str, str], questions: Iterable[SurveyQuestion]
) -> tuple[dict[str, list[str]], list[InvalidInput]]:
    """Return what stands in the form of each question, and which questions hold what is no number."""
    typed = {
        question.code: [form.get(f"q-{question.code}-{answer}", "").strip()[:LONGEST_NUMBER] for answer in ANSWERS]
        for question in questions
    }
    faults = [
        InvalidInput(field=f"q-{question}", reason="number")
        for question, texts in typed.items()
        if any(text and _whole(text) is None for text in texts)
    ]
    return typed, faults


def counts_of(typed: Mapping[str, Sequence[str]]) -> Counts:
    """The counts of the questions that were not left out; an empty field beside a number is nobody."""
    return {question: [_whole(text) or 0 for text in texts] for question, texts in typed.items() if any(texts)}


def typed_counts(counts: Counts, questions: Iterable[SurveyQuestion]) -> dict[str, list[str]]:
    """The form as it opens: what was entered, question by question."""
    return {
        question.code: [str(number) for number in counts[question.code]]
        if question.code in counts
        else [""] * len(ANSWERS)
        for question in questions
    }


def meanwhile() -> str:
    """What the summary of a refused form says when somebody else was first."""
    return gettext("그사이 다른 분이 먼저 적었습니다. 두 내용을 견주어 보고 다시 저장해 주세요.")
