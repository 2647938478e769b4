"""분기 보고: everything that the district reads of a quarter, in the order of its form, and what of it does not add up.

Amounts are millions of won (백만원); head counts are attendances (연인원): whoever comes twice is counted twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from booking.domain.ids import ProgrammeId
from booking.domain.quarters import Quarter
from booking.domain.report_texts import Milestone, PressItem, TextSection, written_lines

#: no report says more of an indicator than that it was reached
FULL = 100
LAST_QUARTER = 4


class Section(StrEnum):
    """Where an activity stands in the report."""

    PROGRAMME = "programme"
    MEETING = "meeting"
    PARENTS = "parents"
    DONORS = "donors"


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """What the centre did of one kind: so many sessions, so many who came. None where nobody is counted."""

    section: Section
    label: str
    sessions: int
    attendances: int | None = None
    #: who came, where the report names them: ``구로·금천 센터장``
    note: str = ""
    unit: str = "회"
    #: the kind of programme whose entries are counted, where they stand in the books
    kind: ProgrammeId | None = field(default=None, compare=False)

    @property
    def sentence(self) -> str:
        """``일터멘토 사전·사후교육 24회 진행(145명)``, as the report prints it."""
        came = f"({self.attendances:,}명)" if self.attendances is not None else ""
        return f"{self.label} {self.sessions:,}{self.unit} 진행{came}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class RoadmapYear:
    """연도별 확인지표: how many a year was to reach and how many it did; ``stated`` is what was reported then."""

    year: int
    target: int | None
    attended: int | None = None
    stated: int | None = None

    @property
    def reckoned(self) -> int | None:
        """Per cent of the target, as the attendances have it; at most 100."""
        if self.attended is None or not self.target:
            return None
        return min(FULL, self.attended * FULL // self.target)

    @property
    def achievement(self) -> int | None:
        """달성도 in per cent: what was stated, else what the attendances give."""
        return self.stated if self.stated is not None else self.reckoned


@dataclass(frozen=True, slots=True)
class BudgetYear:
    """연도별투자계획 of a year; ``spent`` is None while the year has not been settled."""

    year: int
    target: int
    city: int
    district: int
    spent: int | None = None

    @classmethod
    def of_thousands(cls, year: int, city: int, district: int, spent: int | None) -> BudgetYear:
        """A year whose money is kept in thousands of won: rounded to millions, so that the shares still add up."""
        shares = _millions(city), _millions(district)
        return cls(year, sum(shares), *shares, None if spent is None else _millions(spent))


def _millions(thousands: int) -> int:
    return (thousands + 500) // 1000


@dataclass(frozen=True, slots=True)
class BudgetSums:
    """The column 계: what the years come to."""

    target: int
    city: int
    district: int
    spent: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """일터 발굴: workplaces found and ended in the quarter, and how many stood in the register before and after it."""

    before: int
    found: int
    ended: int
    total: int

    @property
    def net(self) -> int:
        """By how much the register has grown."""
        return self.found - self.ended


@dataclass(frozen=True, slots=True)
class Picture:
    """관련 사진: one picture with the words below it; ``digest`` is that of its content."""

    number: int
    caption: str
    digest: str


class Fault(StrEnum):
    """What does not add up. Each has two numbers."""

    BUDGET_SHARES = "budget_shares"
    ACHIEVEMENT = "achievement"
    WORKPLACES = "workplaces"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Two numbers that should be one: what is ``said``, and what the parts come to (``reckoned``)."""

    fault: Fault
    said: int
    reckoned: int
    year: int | None = None


class Gap(StrEnum):
    """What a report has not got yet, or what somebody should look at before it is handed in."""

    ROADMAP = "roadmap"
    TARGET = "target"
    BUDGET = "budget"
    BUDGET_YEAR = "budget_year"
    ACTIVITIES = "activities"
    TEXT = "text"
    CARRIED = "carried"
    PICTURES = "pictures"
    RUNNING = "running"
    UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True)
class Missing:
    """One gap: of which text, how many."""

    gap: Gap
    text: TextSection | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class QuarterlyReport:
    """The whole report of one quarter."""

    quarter: Quarter
    centre: str
    #: from 1; a later one corrects the one before it, for a reason
    issue: int = 1
    reason: str = ""
    roadmap: tuple[RoadmapYear, ...] = ()
    budget: tuple[BudgetYear, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    discovery: Discovery | None = None
    texts: Mapping[TextSection, str] = field(default_factory=dict)
    milestones: tuple[Milestone, ...] = ()
    press: tuple[PressItem, ...] = ()
    pictures: tuple[Picture, ...] = ()
    #: texts that stand as they were taken over from the quarter before
    carried: frozenset[TextSection] = frozenset()
    #: visits of the quarter whose attendance nobody has reported
    unreported: int = 0

    def text(self, section: TextSection) -> str:
        """A free text; empty where nobody has written it."""
        return self.texts.get(section, "")

    def lines(self, section: TextSection) -> tuple[str, ...]:
        """A free text line by line."""
        return written_lines(self.text(section))

    def rows(self, *sections: Section) -> tuple[ActivityRow, ...]:
        """The activities of some sections, in their order."""
        return tuple(row for row in self.activities if row.section in sections)

    @property
    def budget_of_the_year(self) -> BudgetYear | None:
        """The budget of the report's own year."""
        return next((year for year in self.budget if year.year == self.quarter.year), None)

    @property
    def budget_sums(self) -> BudgetSums:
        """The column 계: added up, never typed."""
        return BudgetSums(
            target=sum(year.target for year in self.budget),
            city=sum(year.city for year in self.budget),
            district=sum(year.district for year in self.budget),
            spent=sum(year.spent or 0 for year in self.budget),
        )

    def mismatches(self) -> tuple[Mismatch, ...]:
        """Everything that does not add up, each with its two numbers."""
        return tuple(self._mismatches())

    def _mismatches(self) -> Iterator[Mismatch]:
        for year in self.roadmap:
            # what is stated of a year that still runs is what was agreed for its end
            over = year.year < self.quarter.year or self.quarter.number == LAST_QUARTER
            if over and year.stated is not None and year.reckoned is not None and year.stated != year.reckoned:
                yield Mismatch(Fault.ACHIEVEMENT, year.stated, year.reckoned, year.year)
        for budget in self.budget:
            if budget.target != budget.city + budget.district:
                yield Mismatch(Fault.BUDGET_SHARES, budget.target, budget.city + budget.district, budget.year)
        if self.discovery is not None and self.discovery.before + self.discovery.net != self.discovery.total:
            yield Mismatch(Fault.WORKPLACES, self.discovery.total, self.discovery.before + self.discovery.net)

    def missing(self, today: dt.date) -> tuple[Missing, ...]:
        """What the report has not got yet, in its own order; empty: it can be handed in."""
        return tuple(self._missing(today))

    def _missing(self, today: dt.date) -> Iterator[Missing]:
        if today <= self.quarter.last:
            yield Missing(Gap.RUNNING)
        if not self.roadmap:
            yield Missing(Gap.ROADMAP)
        elif any(year.target is None for year in self.roadmap):
            yield Missing(Gap.TARGET)
        if not self.budget:
            yield Missing(Gap.BUDGET)
        elif self.budget_of_the_year is None:
            yield Missing(Gap.BUDGET_YEAR)
        if not self.rows(Section.PROGRAMME):
            yield Missing(Gap.ACTIVITIES)
        if self.unreported:
            yield Missing(Gap.UNREPORTED, count=self.unreported)
        for section in TextSection:
            if section.required and not self._told(section):
                yield Missing(Gap.TEXT, section)
            elif section.looked_at and section in self.carried:
                yield Missing(Gap.CARRIED, section)
        if not self.pictures:
            yield Missing(Gap.PICTURES)

    def _told(self, section: TextSection) -> bool:
        """Whether a part of the report says anything: by a text, or by entries that say it instead."""
        instead = {
            TextSection.MILESTONES: bool(self.milestones),
            TextSection.PRESS: bool(self.press),
            TextSection.PARENTS: bool(self.rows(Section.PARENTS)),
            TextSection.DONORS: bool(self.rows(Section.DONORS)),
        }
        return instead.get(section, False) or bool(self.text(section).strip())
