"""The books of the first quarter of 2018, entered as people enter them: every sum is that of that quarter's report.

The figures are the report's; the days, the spread over sessions and every name are invented. Five workplaces that end
in the quarter explain why 244 and 22 make 261.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import cycle

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.person import Person
from booking.domain.programmes import CountEntry, SessionEntry
from booking.domain.quarters import Quarter
from booking.domain.states import SessionStatus
from booking.domain.vocabulary import JobField, Level, WorkplaceStatus
from booking.domain.year_books import PressEntry, VolunteerEntry, YearEntry
from booking.models.programmes import Programme, ProgrammeSession
from booking.models.schools import School
from booking.models.workplaces import Workplace, WorkplaceStep
from booking.services.programmes import add_sessions
from booking.services.satisfaction import report_session
from booking.services.year_books import save_press, save_volunteers, save_year

QUARTER = Quarter(2018, 1)
#: what pupils are asked at programmes, from the first migration on
ASKED = ("programme_overall", "programme_useful", "programme_again")
#: the first days after New Year and after the lunar one, when nothing takes place
_FREE = {dt.date(2018, 2, 15), dt.date(2018, 2, 16), dt.date(2018, 3, 1)}
FOUND, ENDED = 22, 5

#: kind: title, how many came to each session, whether they are pupils of schools
PUPILS: dict[str, tuple[str, Sequence[int]]] = {
    "free_semester": ("자유학기제 선택형 일터 체험", (158, 152, 161, 149, 155, 157)),
    "lecture": ("직업인·대학생 특강", (62, 55)),
    "camp": ("진로캠프와 진로적성검사", (452,)),
    "classroom": ("행복진로체험교실", (9,) * 7 + (8,) * 9),
    "counselling": ("행복진로상담실", (3, 3, 3, 3, 4)),
}
ADULTS: dict[str, tuple[str, Sequence[int]]] = {
    "mentor_training": ("일터멘토 교육", (7,) + (6,) * 23),
    "chaperone_training": ("인솔자 교육", (43,)),
    "parents_dispatch": ("학부모 현장파견", (1,) * 17),
    "office_workshop": ("진로센터 워크숍", (18,)),
    "zone_seminar": ("4권역 센터장 세미나", (5, 5)),
    "teachers_council": ("진로교사 협의회", (12, 11, 9, 13, 10, 12, 8)),
    "public_council": ("공공기관 협의회", (4, 5, 4, 6, 3, 4)),
    "mentors_council": ("일터멘토 협의회", (6, 5, 7, 4, 6, 5, 8, 6, 5, 4, 7)),
    "parents_council": ("학부모 정기협의회", (14, 16)),
    "volunteers_council": ("자원봉사단 협의회", (9,)),
    "dream_catcher": ("드림캐쳐단 모임", (21, 19)),
    "donors_meeting": ("교육기부 자문과 협조 회의", (5, 6, 4, 7, 5, 5, 6, 4, 5, 6, 5, 4, 6, 5)),
}
PRESS = (
    (dt.date(2018, 2, 26), "한빛일보"),
    (dt.date(2018, 2, 26), "새벽경제"),
    (dt.date(2018, 2, 28), "디지털 나루"),
    (dt.date(2018, 2, 28), "소식누리"),
    (dt.date(2018, 3, 9), "마을타임즈"),
)
#: year: target, reached before there were books, city's and district's share, spent (thousands of won)
YEARS: dict[int, tuple[int, int, int, int, int | None]] = {
    2014: (6_000, 6_000, 50_000, 50_000, 100_000),
    2015: (12_000, 12_000, 100_000, 100_000, 200_000),
    2016: (12_000, 12_000, 100_000, 100_000, 200_000),
    2017: (12_000, 12_000, 105_000, 100_000, 205_000),
    2018: (6_000, 0, 100_000, 100_000, None),
}


def load_books(session: Session, clock: Clock, person: Person) -> None:
    """Enter the quarter into books that know nothing of it yet, as ``person``; its clock has to stand after it."""
    kinds = {kind.code: kind for kind in session.scalars(sa.select(Programme))}
    schools = session.scalars(sa.select(School).order_by(School.code)).all()
    middle = cycle([school for school in schools if school.level is Level.MIDDLE] or schools)
    entries: list[SessionEntry] = []
    for code, (title, came) in PUPILS.items():
        for number, (day, people) in enumerate(zip(_days(len(came)), came, strict=True), start=1):
            school = next(middle)
            count = CountEntry(school.id, school.level, people, people)
            entries.append(_entry(kinds[code], f"{title} {number}차", day, count, school.name))
    for code, (title, came) in ADULTS.items():
        for number, (day, people) in enumerate(zip(_days(len(came)), came, strict=True), start=1):
            count = CountEntry(None, None, people, people)
            entries.append(_entry(kinds[code], f"{title} {number}차", day, count, ""))
    added = add_sessions(session, clock, person, sorted(entries, key=lambda entry: entry.date))
    _answers(session, clock, person, added)
    for year, (target, before, city, district, spent) in YEARS.items():
        save_year(session, person, year, YearEntry(target, before, 100, city, district, spent), seen=0)
    for date, outlet in PRESS:
        save_press(session, person, None, PressEntry(date, outlet, "청소년 진로체험, 일터에서 배운다", ""), seen=0)
    work = VolunteerEntry(dt.date(2018, 3, 20), "퇴직시니어 자원봉사단", 9, Decimal("27.5"), "체험교실 돕기")
    save_volunteers(session, person, None, work, seen=0)
    _workplaces(session)


def _answers(session: Session, clock: Clock, person: Person, held: Sequence[ProgrammeSession]) -> None:
    """Count, from invented paper, what three of four pupils answered; a little better from session to session."""
    pupils = [row for row in held if row.programme.code in PUPILS]
    for number, row in enumerate(pupils):
        given = sum(count.attended or 0 for count in row.counts) * 3 // 4
        few, fair = given * (9 - number % 5) // 100, given * (24 - number % 7) // 100
        counts = {}
        for at, code in enumerate(ASKED):
            good = (given - few - fair) * (at + 2) // 6
            counts[code] = [0, few, fair, good, given - few - fair - good]
        report_session(session, clock, person, row.id, counts, "", "")


def _entry(kind: Programme, title: str, day: dt.date, count: CountEntry, place: str) -> SessionEntry:
    return SessionEntry(kind.id, title, day, None, place, (), None, "", SessionStatus.HELD, (count,), "")


def _days(number: int) -> Iterator[dt.date]:
    """So many working days, spread over the quarter from its second week on."""
    first = QUARTER.first + dt.timedelta(days=7)
    span = [first + dt.timedelta(days=at) for at in range((QUARTER.last - first).days + 1)]
    working = [day for day in span if day.weekday() < 5 and day not in _FREE]
    return (working[(2 * at + 1) * len(working) // (2 * number)] for at in range(number))


def _workplaces(session: Session) -> None:
    """Say of 22 workplaces of the register that they were found in the quarter, and add five that ended in it."""
    unknown = session.scalars(
        sa.select(Workplace)
        .where(
            ~sa.exists().where(WorkplaceStep.workplace_id == Workplace.id), Workplace.status == WorkplaceStatus.ACTIVE
        )
        .order_by(Workplace.id.desc())
        .limit(FOUND)
    ).all()
    session.add_all(
        WorkplaceStep(workplace_id=place.id, status_before=None, status=place.status, since=day)
        for place, day in zip(unknown, _days(len(unknown)), strict=True)
    )
    for number, day in enumerate(_days(ENDED), start=1):
        place = Workplace(
            code=f"OLD{number}", name=f"문 닫은 일터 {number}", sms_name=f"옛일터{number}", field=JobField.ARTS,
            status=WorkplaceStatus.ENDED, lat=37.49, lon=126.86, min_group=2, max_group=5, levels=[Level.MIDDLE.value],
        )  # fmt: skip
        place.steps = [
            WorkplaceStep(status_before=None, status=WorkplaceStatus.ACTIVE, since=dt.date(2016, 5, 2)),
            WorkplaceStep(status_before=WorkplaceStatus.ACTIVE, status=WorkplaceStatus.ENDED, since=day),
        ]
        session.add(place)
    session.flush()
