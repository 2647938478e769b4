"""한눈에의 표: each figure as lines of numbers, every number with the address of what it counts, and its drawing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from booking.domain.ids import SchoolId
from booking.domain.ledger import Amount
from booking.domain.vocabulary import Channel, JobField, Level
from booking.queries import dashboard as rows
from booking.queries import dashboard_reach as reach
from booking.queries import ledger
from booking.queries.dashboard import WAYS, ClassRow, Part, SchoolTerm, Scope
from booking.queries.dashboard_reach import Arrival, Use
from booking.web.console.dashboard_scope import behind, books_behind, month_end, month_words, term_name, terms
from booking.web.console.drawings import Drawing, drawn
from booking.web.formats import locale, long_day, number, percent
from booking.web.labels import label
from booking.web.marking import N_, gettext


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, and the address of the entries that add up to it."""

    value: int
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its name, its numbers, and a share in words where the table has one."""

    name: str
    cells: tuple[Cell, ...]
    share: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure: a table whose columns add up to ``totals``, and its drawing."""

    name: str
    title: str
    note: str
    head: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[Cell, ...]
    drawing: Drawing | None
    share_head: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page has read of a scope: once, for all figures."""

    session: Session
    scope: Scope
    classes: Sequence[ClassRow]
    places: Sequence[reach.PlaceUse]
    messages: Sequence[reach.MessageSeen]
    #: attendances in the books
    attended: int


WAY_WORDS = {
    Part.FIRST: N_("1지망"),
    Part.LATER: N_("다른 지망"),
    Part.SHIFTED: N_("희망 밖"),
    Part.UNPLACED: N_("미배정"),
}
USE_WORDS = {Use.DORMANT: N_("쓰지 않음"), Use.USED: N_("고르게 씀"), Use.BUSY: N_("너무 자주 부탁함")}
ARRIVAL_WORDS = {
    Arrival.ARRIVED: N_("받음"),
    Arrival.LEFT: N_("보냄"),
    Arrival.FAILED: N_("실패"),
    Arrival.UNKNOWN: N_("알 수 없음"),
    Arrival.WAITING: N_("기다림"),
    Arrival.WITHDRAWN: N_("거둠"),
}


def seen(session: Session, scope: Scope) -> Seen:
    """Read what all figures of a scope need."""
    classes, places = rows.class_rows(session, scope), reach.place_uses(session, scope)
    attended = ledger.total(session, scope.books).people
    return Seen(session, scope, classes, places, reach.messages_seen(session, scope), attended)


def _books(
    what: Seen, name: str, title: str, head: str, found: Iterable[tuple[str, Amount, str]], summary: str
) -> Panel:
    """A figure from the books: attendances by one of their sides."""
    lines = [Line(line, (Cell(amount.people, href),)) for line, amount, href in found]
    total = Cell(what.attended, books_behind(what.scope))
    column = gettext("연인원")
    drawing = drawn(
        [(line.name, [line.cells[0].value], number(line.cells[0].value)) for line in lines], [column], summary
    )
    return Panel(name, title, "", head, (column,), tuple(lines), (total,), drawing)


def months(what: Seen) -> Panel:
    """Attendances by month."""
    scope, found = what.scope, []
    for first, amount in ledger.by_month(what.session, what.scope.books):
        last = month_end(first)
        of_month = replace(
            scope, first=max(first, scope.first or first), last=min(last, scope.last or last), term_id=None
        )
        found.append((month_words(first), amount, books_behind(of_month)))
    return _books(what, "months", gettext("달마다"), gettext("달"), found, gettext("달마다의 연인원"))


def programmes(what: Seen) -> Panel:
    """Attendances by kind of programme, most first."""
    found = [
        (kind.name if locale() == "ko" else kind.name_en, amount, books_behind(what.scope, programme=kind.id))
        for kind, amount in ledger.by_programme(what.session, what.scope.books)
    ]
    found.sort(key=lambda line: -line[1].people)
    return _books(
        what, "programmes", gettext("프로그램마다"), gettext("프로그램"), found, gettext("프로그램마다의 연인원")
    )


def schools(what: Seen) -> Panel:
    """Attendances by school, most first; what is of no school comes last."""
    found = [
        (
            school.name if school else gettext("학교 없이"),
            amount,
            books_behind(what.scope, school=school.id if school else "none"),
        )
        for school, amount in ledger.by_school(what.session, what.scope.books)
    ]
    found.sort(key=lambda line: (line[2].endswith("school=none"), -line[1].people))
    return _books(what, "schools", gettext("학교마다"), gettext("학교"), found, gettext("학교마다의 연인원"))


def levels(what: Seen) -> Panel:
    """Attendances by school level."""
    found = [
        (
            label(level) if level else gettext("학생이 아닌 분"),
            amount,
            books_behind(what.scope, level=level.value if level else "none"),
        )
        for level, amount in ledger.by_level(what.session, what.scope.books)
    ]
    return _books(what, "levels", gettext("학교급마다"), gettext("학교급"), found, gettext("학교급마다의 연인원"))


def _classes_behind(part: Part, **to: object) -> str:
    return behind("classes", part=part.value, **to)


def _ways(pupils: dict[Part, int], **to: object) -> tuple[Cell, ...]:
    return tuple(Cell(pupils[way], _classes_behind(way, **to)) for way in WAYS)


def choices(what: Seen) -> Panel:
    """Pupils by the way in which they were served, school level by school level."""
    lines, parts = [], []
    for level in Level:
        ways = rows.ways_of([row for row in what.classes if row.level is level], what.scope)
        if not sum(ways.values()):
            continue
        share = percent(rows.first_share(ways))
        lines.append(Line(label(level), _ways(ways, level=level.value), share))
        parts.append((label(level), list(ways.values()), share))
    ways = rows.ways_of(what.classes, what.scope)
    words = tuple(gettext(WAY_WORDS[way]) for way in WAYS)
    return Panel(
        "choices",
        gettext("1지망 비율"),
        gettext("자리를 받은 학생 가운데 1지망 날짜에 가는 학생의 비율입니다."),
        gettext("학교급"),
        words,
        tuple(lines),
        _ways(ways),
        drawn(parts, words, gettext("학교급마다 학생이 몇 지망에 가는지"), whole=True),
        gettext("1지망 비율"),
        percent(rows.first_share(ways)),
    )


def fairness(what: Seen) -> Panel:
    """What each school got, term by term; those that got the smallest share of first choices are drawn first."""
    found = rows.by_school_and_term(what.classes, what.scope)
    names = {term.id: term_name(term) for term in terms(what.session)}
    several = len({one.term_id for one in found}) > 1

    def name(one: SchoolTerm) -> str:
        return f"{one.school} · {names.get(one.term_id, '')}" if several else one.school

    lines = [
        Line(name(one), _ways(one.pupils, school=one.school_id, term=one.term_id), percent(one.first_share))
        for one in found
    ]
    words = tuple(gettext(WAY_WORDS[way]) for way in WAYS)
    return Panel(
        "fairness",
        gettext("학교 사이"),
        gettext("학교마다, 학기마다 학생이 몇 지망에 가는지입니다. 1지망 비율이 낮은 학교를 먼저 그립니다."),
        gettext("학교"),
        words,
        tuple(lines),
        _ways(rows.ways_of(what.classes, what.scope)),
        drawn(_worst_first(found), words, gettext("1지망 비율이 낮은 학교부터, 학생이 몇 지망에 가는지"), whole=True),
        gettext("1지망 비율"),
        percent(rows.first_share(rows.ways_of(what.classes, what.scope))),
    )


def school_shares(found: Sequence[SchoolTerm]) -> list[tuple[str, dict[Part, int], float | None]]:
    """Return each school with its pupils over all terms of the scope, the smallest share of first choices first."""
    sums: defaultdict[tuple[SchoolId, str], dict[Part, int]] = defaultdict(lambda: dict.fromkeys(WAYS, 0))
    for one in found:
        for way in WAYS:
            sums[one.school_id, one.school][way] += one.pupils[way]
    shares = [(school, ways, rows.first_share(ways)) for (_, school), ways in sums.items()]
    return sorted(shares, key=lambda row: (row[2] is not None, row[2] or 0.0, row[0]))


def _worst_first(found: Sequence[SchoolTerm]) -> list[tuple[str, list[int], str]]:
    return [(school, list(ways.values()), percent(share)) for school, ways, share in school_shares(found)]


def workplaces(what: Seen) -> Panel:
    """How many workplaces are dormant, used, and asked too often, by the kind of work."""

    def cells(field: JobField | None) -> tuple[Cell, ...]:
        to = {"field": field.value} if field else {}
        return tuple(
            Cell(len(reach.used(what.places, use, field)), behind("workplaces", use=use.value, **to)) for use in Use
        )

    lines = [Line(label(field), cells(field)) for field in JobField if reach.used(what.places, None, field)]
    words = tuple(gettext(USE_WORDS[use]) for use in Use)
    return Panel(
        "workplaces",
        gettext("일터의 쓰임"),
        gettext("고른 기간에 모둠이 한 번도 가지 않은 곳, 그리고 평균의 두 배가 넘게(네 번 이상) 부탁한 곳입니다."),
        gettext("직업 분야"),
        words,
        tuple(lines),
        cells(None),
        drawn(
            [
                (line.name, [cell.value for cell in line.cells], number(sum(c.value for c in line.cells)))
                for line in lines
            ],
            words,
            gettext("직업 분야마다 일터를 얼마나 쓰는지"),
        ),
    )


def messages(what: Seen) -> Panel:
    """What became of the messages, by how they leave."""

    def cells(found: Sequence[reach.MessageSeen], channel: Channel | None) -> tuple[Cell, ...]:
        to = {"channel": channel.value} if channel else {}
        counts = Counter(row.arrival for row in found)
        return tuple(Cell(counts[arrival], behind("messages", arrival=arrival.value, **to)) for arrival in Arrival)

    lines = []
    for channel in Channel:
        mine = reach.arrived(what.messages, None, channel)
        if mine:
            lines.append(Line(label(channel), cells(mine, channel), percent(reach.success(mine))))
    words = tuple(gettext(ARRIVAL_WORDS[arrival]) for arrival in Arrival)
    return Panel(
        "messages",
        gettext("알림의 성공"),
        gettext("받았거나 돌아오지 않은 것의 비율입니다. 학교나 학교급을 고르면 그 교사에게 간 것만 셉니다."),
        gettext("보내는 길"),
        words,
        tuple(lines),
        cells(what.messages, None),
        drawn(
            [(line.name, [cell.value for cell in line.cells], line.share) for line in lines],
            words,
            gettext("전자우편과 문자가 어떻게 되었는지"),
            whole=True,
        ),
        gettext("성공"),
        percent(reach.success(what.messages)),
    )


def days(what: Seen) -> Panel:
    """Pupils by day, as schools wished and as the plan has them; the page draws these as columns."""
    lines = tuple(
        Line(
            long_day(day.date),
            (
                Cell(day.before, _classes_behind(Part.WISHED, day=day.date.isoformat())),
                Cell(day.total, _classes_behind(Part.GIVEN, day=day.date.isoformat())),
            ),
        )
        for day in rows.days_of(what.classes, what.scope)
    )
    totals = tuple(
        Cell(rows.pupils_of(what.classes, what.scope, part), _classes_behind(part))
        for part in (Part.WISHED, Part.GIVEN)
    )
    columns = (gettext("희망대로라면"), gettext("지금 계획"))
    return Panel(
        "days",
        gettext("편중"),
        gettext("학교가 희망한 대로 갔다면 어느 날에 몇 명이 몰렸을지, 지금 계획은 어떤지입니다."),
        gettext("날짜"),
        columns,
        lines,
        totals,
        None,
    )


PANELS: dict[str, Callable[[Seen], Panel]] = {
    "months": months,
    "programmes": programmes,
    "schools": schools,
    "levels": levels,
    "days": days,
    "choices": choices,
    "workplaces": workplaces,
    "fairness": fairness,
    "messages": messages,
}
