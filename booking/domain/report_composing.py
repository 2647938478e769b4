"""Composes the report in the order and the words of the district's form. The form is Korean, whoever reads the page."""

from __future__ import annotations

from collections.abc import Iterator

from booking.domain.quarterly_report import ActivityRow, QuarterlyReport, Section
from booking.domain.report_document import Cell, Document, Line, Part, Shown, Table
from booking.domain.report_texts import TextSection

MONEY = "백만원"
#: a meeting with parents is held, one with those who give their time is carried out
_HELD = {Section.PARENTS: "개최", Section.DONORS: "진행"}


def compose(report: QuarterlyReport) -> Document:
    """Return the report as it is printed."""
    return Document(
        title=f"{report.quarter.in_korean} 추진실적 보고",
        centre=report.centre,
        code=report.quarter.name,
        issue=report.issue,
        reason=report.reason,
        parts=(
            _roadmap(report),
            Part("overview", "■ 사업개요", lines=tuple(_overview(report))),
            _budget(report),
            _results(report),
            Part("plans", "■ 향후계획", lines=_listed(report, TextSection.PLANS)),
            Part("problems", "■ 문제점 및 대책 / 건의사항 등", lines=_listed(report, TextSection.PROBLEMS)),
            _communication(report),
            Part(
                "pictures",
                "■ 관련 사진",
                pictures=tuple(Shown(one.number, one.caption, one.digest) for one in report.pictures),
            ),
        ),
    )


def _listed(report: QuarterlyReport, section: TextSection) -> tuple[Line, ...]:
    return tuple(Line(text) for text in report.lines(section))


def _roadmap(report: QuarterlyReport) -> Part:
    years = report.roadmap
    table = Table(
        head=("구 분", *(f"{year.year}년" for year in years)),
        rows=(
            (
                Cell("연도별 확인지표\n(수혜인원/명)", head=True),
                *(Cell(number=year.target, unit="명") for year in years),
            ),
            (Cell("달성도", head=True), *(Cell(number=year.achievement, unit="%") for year in years)),
        ),
        widths=(3, *(2 for _ in years)),
    )
    return Part("roadmap", "연차별 공약사업 이행 로드맵", table=table if years else None)


def _overview(report: QuarterlyReport) -> Iterator[Line]:
    def fact(label: str, value: str, *, mark: str = "-", level: int = 0) -> Line:
        return Line(f"{label} : {value}", mark=mark, level=level, label=label, note=value)

    yield fact("위 치", report.text(TextSection.PLACE))
    yield fact("규 모", report.text(TextSection.SIZE))
    yield fact("기 간", report.text(TextSection.PERIOD))
    first, *rest = report.lines(TextSection.CONTENT) or ("",)
    yield fact("추진내용", first)
    for text in rest:
        yield Line(text, level=1, note=text)
    if many := report.text(TextSection.BENEFICIARIES):
        yield fact("수혜인원", many, mark="※", level=1)
    yield fact("추진방법", report.text(TextSection.METHOD))
    if fee := report.text(TextSection.FEE):
        yield Line(fee, mark="※", level=1, note=fee)
    year = report.budget_of_the_year
    if year is not None:
        yield fact("총사업비", f"{year.target:,}{MONEY}")
        shares = f"시비 : {year.city:,}{MONEY}, 구비 : {year.district:,}{MONEY}"
        yield Line(shares, mark="※", level=1, note=shares)


def _budget(report: QuarterlyReport) -> Part:
    years, sums = report.budget, report.budget_sums

    def row(label: str, total: int, values: list[int | None]) -> tuple[Cell, ...]:
        return (Cell(label, head=True), Cell(number=total), *(Cell(number=value) for value in values))

    table = Table(
        head=("구 분", "계", *(f"{year.year}년" for year in years)),
        rows=(
            row("목표예산", sums.target, [year.target for year in years]),
            row("시 비", sums.city, [year.city for year in years]),
            row("구 비", sums.district, [year.district for year in years]),
            row("집행액", sums.spent, [year.spent for year in years]),
        ),
        widths=(3, 2, *(2 for _ in years)),
        unit=f"(단위 : {MONEY})",
    )
    return Part("budget", "■ 연도별투자계획", table=table if years else None)


def _results(report: QuarterlyReport) -> Part:
    done = tuple(
        Line(f"{one.when} : {one.text}", mark="○", date=one.month, label=one.text) for one in report.milestones
    )
    table = Table(
        head=("그 간 주 요 추 진 실 적", f"해당분기 추진실적({report.quarter.months})"),
        rows=((Cell(lines=done), Cell(lines=tuple(_quarter(report)))),),
        widths=(1, 1),
    )
    return Part("results", "■ 추진실적", table=table)


def _quarter(report: QuarterlyReport) -> Iterator[Line]:
    quarter = report.quarter
    since = f"{quarter.first:%y.%m}"
    yield Line(f"{since}~{quarter.last:%y.%m.%d} : 프로그램 기획 및 운영", mark="○")
    for row in report.rows(Section.PROGRAMME, Section.MEETING):
        yield _activity(row)
    for text in report.lines(TextSection.RESULTS):
        yield Line(text, level=1, label=text)
    found = report.discovery
    if found is not None:
        ended = f", 종료 {found.ended:,}개" if found.ended else ""
        said = f"진로체험관련 일터발굴 {found.found:,}개{ended}"
        yield Line(
            f"{since}~{quarter.last:%m}월 : {said} (총누적 {found.total:,}개 체험처)",
            level=1,
            label=said,
            note=f"총누적 {found.total:,}개 체험처",
        )


def _activity(row: ActivityRow) -> Line:
    return Line(
        row.sentence,
        level=1,
        label=row.label,
        note=row.note,
        sessions=row.sessions,
        attendances=row.attendances,
        kind=row.kind,
    )


def _communication(report: QuarterlyReport) -> Part:
    kinds = (
        ("학부모 정기회의", _met(report, Section.PARENTS, TextSection.PARENTS)),
        ("교육기부단\n(마을활동가) 회의", _met(report, Section.DONORS, TextSection.DONORS)),
        ("지역홍보\n(SMS 등)", tuple(Line(text, mark="·") for text in report.lines(TextSection.PROMOTION))),
        (
            "언론보도",
            tuple(Line(one.sentence, mark="·", date=one.date, label=one.outlet) for one in report.press),
        ),
    )
    table = Table(
        head=("연번", "구 분", "실 적", "비 고"),
        rows=tuple(
            (Cell(number=number, head=True), Cell(label), Cell(lines=lines), Cell())
            for number, (label, lines) in enumerate(kinds, 1)
        ),
        widths=(1, 3, 9, 2),
    )
    return Part("communication", "■ 주민소통실적", table=table)


def _met(report: QuarterlyReport, section: Section, text: TextSection) -> tuple[Line, ...]:
    """``'18.01 ~ 03 : 학부모 정기협의회 총2회 개최``, and what somebody has written beside it."""
    quarter = report.quarter
    when = f"'{quarter.first:%y.%m} ~ {quarter.last:%m}"
    return (
        *(
            Line(
                f"{when} : {row.label} 총{row.sessions:,}회 {_HELD[section]}",
                mark="",
                label=row.label,
                sessions=row.sessions,
                attendances=row.attendances,
                kind=row.kind,
            )
            for row in report.rows(section)
        ),
        *(Line(one, mark="") for one in report.lines(text)),
    )
