"""The report of 2018 Q1 again, line by line and figure by figure; what does not add up and what is missing is said."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.demo.report import MILESTONES
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.quarterly_report import (
    ActivityRow,
    BudgetSums,
    BudgetYear,
    Discovery,
    Fault,
    Gap,
    Mismatch,
    Missing,
    QuarterlyReport,
    RoadmapYear,
    Section,
)
from booking.domain.quarters import Quarter
from booking.domain.report_composing import compose
from booking.domain.report_document import NotADocument, Shown, digest_of, from_text, to_text
from booking.domain.report_texts import (
    GROUPS,
    TextSection,
    printable,
    read_milestones,
    read_press,
    read_texts,
    written_lines,
)
from tests.support.report_2018 import TEXTS, first_quarter_of_2018

AFTERWARDS = dt.date(2018, 4, 10)


def test_the_lines_of_the_quarter_are_those_of_the_original() -> None:
    done, quarter = compose(first_quarter_of_2018(discovery=Discovery(244, 22, 0, 261))).part("results").table.rows[0]  # type: ignore[union-attr]
    assert done.printed.split("\n") == [f"○ {line}" for line in MILESTONES.split("\n")]
    assert quarter.printed.split("\n") == [
        "○ 18.01~18.03.31 : 프로그램 기획 및 운영",
        "- 일터멘토 사전·사후교육 24회 진행(145명)",
        "- 인솔자 사전·사후교육 1회 진행(43명)",
        "- 자유학기제 선택형 6회 진행(932명)",
        "- 강연형·대화형 2회 진행(117명)",
        "- 진로캠프 진로적성검사 1회 진행(452명)",
        "- 학부모 현장파견 17회 진행(17명)",
        "- 행복진로체험교실 16회 진행(135명)",
        "- 행복진로상담실 5회 진행(16명)",
        "- 서울시교육청 진로센터 워크숍 1회 진행",
        "- 4권역 세미나 2회 진행 (구로·금천·영등포·관악·동작 센터장)",
        "- 진로교사 협의회 7회 진행",
        "- 공공기관 협의회 6회 진행",
        "- 일터멘토 협의회 11회 진행",
        "- 학부모 진로교육지원단 협의회 2회 진행",
        "- 자원봉사단 협의회 1회 진행",
        "- 드림캐쳐단 2회 진행",
        "- 18.01~03월 : 진로체험관련 일터발굴 22개 (총누적 261개 체험처)",
    ]


def test_the_tables_are_those_of_the_original() -> None:
    document = compose(first_quarter_of_2018())
    roadmap, budget = document.part("roadmap").table, document.part("budget").table
    assert roadmap is not None
    assert roadmap.head == ("구 분", "2014년", "2015년", "2016년", "2017년", "2018년")
    assert [[cell.printed for cell in row[1:]] for row in roadmap.rows] == [
        ["6,000명", "12,000명", "12,000명", "12,000명", "6,000명"],
        ["100%", "100%", "100%", "100%", "100%"],
    ]
    assert budget is not None
    assert budget.unit == "(단위 : 백만원)"
    assert budget.head == ("구 분", "계", "2014년", "2015년", "2016년", "2017년", "2018년")
    assert [[cell.printed for cell in row] for row in budget.rows] == [
        ["목표예산", "905", "100", "200", "200", "205", "200"],
        ["시 비", "455", "50", "100", "100", "105", "100"],
        ["구 비", "450", "50", "100", "100", "100", "100"],
        ["집행액", "705", "100", "200", "200", "205", ""],
    ]


def test_overview_and_communication_are_those_of_the_original() -> None:
    document = compose(first_quarter_of_2018())
    assert [line.printed for line in document.part("overview").lines] == [
        "- 위 치 : 구로구 가온로 10, 2층 (가온동 1-2)",
        "- 규 모 : 사무실 및 상담실 (36㎡)",
        "- 기 간 : 2014.7.1 ~ 2018.6.30",
        "- 추진내용 : 진로직업체험지원센터에서 청소년 대상 진로상담, 진로탐색, 직업인특강, 직업체험 등"
        " 프로그램 개설·운영",
        "※ 수혜인원 : 연12,000명(중·고등학생)",
        "- 추진방법 : 전문기관에 위탁운영 [(주)가온나래]",
        "※ 위탁운영비 연간 200백만원 지원",
        "- 총사업비 : 200백만원",
        "※ 시비 : 100백만원, 구비 : 100백만원",
    ]
    table = document.part("communication").table
    assert table is not None
    assert table.head == ("연번", "구 분", "실 적", "비 고")
    assert [[cell.printed for cell in row] for row in table.rows] == [
        ["1", "학부모 정기회의", "'18.01 ~ 03 : 학부모 정기협의회 총2회 개최", ""],
        [
            "2",
            "교육기부단\n(마을활동가) 회의",
            "'18.01 ~ 03 : 자원봉사단(퇴직시니어) 외 약 7개 단체 교육기부자문 및 협조회의 총14회 진행",
            "",
        ],
        ["3", "지역홍보\n(SMS 등)", "· 센터 프로그램 안내 상시 문자 홍보 실시", ""],
        [
            "4",
            "언론보도",
            "· 가온일보 (18.02.26)\n· 나래경제 (18.02.26)\n· 다솜타임스 (18.02.28)\n"
            "· 라온통신 (18.02.28)\n· 마루신문 (18.03.09)",
            "",
        ],
    ]
    assert [part.title for part in document.parts] == [
        "연차별 공약사업 이행 로드맵",
        "■ 사업개요",
        "■ 연도별투자계획",
        "■ 추진실적",
        "■ 향후계획",
        "■ 문제점 및 대책 / 건의사항 등",
        "■ 주민소통실적",
        "■ 관련 사진",
    ]


def test_the_original_does_not_add_up_and_with_the_five_that_ended_it_does() -> None:
    """244 before, 22 found, 261 in all: nobody could say why."""
    said = first_quarter_of_2018(discovery=Discovery(244, 22, 0, 261))
    assert said.mismatches() == (Mismatch(Fault.WORKPLACES, 261, 266),)
    mended = first_quarter_of_2018()
    assert mended.mismatches() == ()
    assert mended.discovery is not None
    assert mended.discovery.net == 17
    assert "일터발굴 22개, 종료 5개 (총누적 261개 체험처)" in "\n".join(compose(mended).printed())


def test_shares_that_are_not_their_year_and_an_achievement_that_is_not_reckoned_are_said() -> None:
    report = first_quarter_of_2018(
        budget=(BudgetYear(2017, 205, 100, 100, 205),), roadmap=(RoadmapYear(2017, 6000, 1857, 100),)
    )
    assert report.mismatches() == (
        Mismatch(Fault.ACHIEVEMENT, 100, 30, 2017),
        Mismatch(Fault.BUDGET_SHARES, 205, 200, 2017),
    )


def test_what_was_agreed_for_a_year_that_still_runs_is_no_fault_before_its_end() -> None:
    running = (RoadmapYear(2018, 6000, 1857, 100),)
    assert first_quarter_of_2018(roadmap=running).mismatches() == ()
    at_its_end = first_quarter_of_2018(roadmap=running, quarter=Quarter(2018, 4))
    assert at_its_end.mismatches() == (Mismatch(Fault.ACHIEVEMENT, 100, 30, 2018),)


@pytest.mark.parametrize(
    ("city", "district", "spent", "printed"),
    [
        (105_000, 100_000, 205_000, (205, 105, 100, 205)),
        (105_500, 99_499, None, (205, 106, 99, None)),
        (499, 500, 0, (1, 0, 1, 0)),
    ],
)
def test_money_in_thousands_is_rounded_to_millions_and_its_shares_still_add_up(
    city: int, district: int, spent: int | None, printed: tuple[int, int, int, int | None]
) -> None:
    year = BudgetYear.of_thousands(2018, city, district, spent)
    assert (year.target, year.city, year.district, year.spent) == printed
    assert first_quarter_of_2018(budget=(year,)).mismatches() == ()


@pytest.mark.parametrize(
    ("year", "per_cent"),
    [
        (RoadmapYear(2017, 12000, 41642), 100),
        (RoadmapYear(2018, 6000, 5999), 99),
        (RoadmapYear(2018, 6000, 0), 0),
        (RoadmapYear(2018, None, 400), None),
        (RoadmapYear(2018, 6000), None),
        (RoadmapYear(2018, 6000, 1200, 25), 25),
    ],
)
def test_achievement_is_whole_per_cent_never_rounded_up_and_never_above_all(
    year: RoadmapYear, per_cent: int | None
) -> None:
    assert year.achievement == per_cent


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3, st.none() | st.integers(0, 10**6)), max_size=12))
def test_the_column_of_sums_is_what_its_years_come_to(given_years: list[tuple[int, int, int, int | None]]) -> None:
    years = tuple(BudgetYear(2014 + n, *values) for n, values in enumerate(given_years))
    report = first_quarter_of_2018(budget=years)
    assert report.budget_sums == BudgetSums(
        target=sum(year.target for year in years),
        city=sum(year.city for year in years),
        district=sum(year.district for year in years),
        spent=sum(year.spent for year in years if year.spent is not None),
    )
    wrong = {year.year for year in years if year.city + year.district != year.target}
    assert {one.year for one in report.mismatches()} == wrong


def test_a_whole_report_misses_its_pictures_only() -> None:
    assert first_quarter_of_2018().missing(AFTERWARDS) == (Missing(Gap.PICTURES),)


def test_an_empty_draft_says_everything_that_is_missing() -> None:
    empty = QuarterlyReport(Quarter(2018, 1), "센터", unreported=3)
    gaps = empty.missing(dt.date(2018, 3, 31))
    assert [one.gap for one in gaps if one.text is None] == [
        Gap.RUNNING, Gap.ROADMAP, Gap.BUDGET, Gap.ACTIVITIES, Gap.UNREPORTED, Gap.PICTURES,
    ]  # fmt: skip
    assert {one.text for one in gaps if one.gap is Gap.TEXT} == {s for s in TextSection if s.required}
    assert next(one.count for one in gaps if one.gap is Gap.UNREPORTED) == 3
    assert not any(one.gap is Gap.RUNNING for one in empty.missing(dt.date(2018, 4, 1)))


def test_entries_say_what_a_text_would_and_an_old_plan_is_pointed_out() -> None:
    texts = {section: text for section, text in TEXTS.items() if section is not TextSection.PROMOTION}
    report = first_quarter_of_2018(texts=texts, carried=frozenset({TextSection.PLANS, TextSection.PLACE}))
    assert report.missing(AFTERWARDS) == (
        Missing(Gap.CARRIED, TextSection.PLANS), Missing(Gap.TEXT, TextSection.PROMOTION), Missing(Gap.PICTURES),
    )  # fmt: skip
    without = replace(report, activities=tuple(r for r in report.activities if r.section is not Section.PARENTS))
    assert Missing(Gap.TEXT, TextSection.PARENTS) in without.missing(AFTERWARDS)
    unset = replace(report, roadmap=(RoadmapYear(2018, None),), budget=(BudgetYear(2017, 200, 100, 100),))
    assert {Gap.TARGET, Gap.BUDGET_YEAR} <= {one.gap for one in unset.missing(AFTERWARDS)}


def test_a_kept_report_is_read_as_it_was() -> None:
    document = compose(first_quarter_of_2018(issue=2, reason="인원을 바로잡음"))
    document = replace(
        document, parts=(*document.parts[:-1], replace(document.parts[-1], pictures=(Shown(1, "사진", "ab"),)))
    )
    text = to_text(document)
    assert from_text(text) == document
    assert to_text(from_text(text)) == text
    assert digest_of(text) == digest_of(to_text(document)) != digest_of(text + " ")
    figures = [line for line in json.loads(text)["parts"][3]["table"]["rows"][0][1]["lines"] if "attendances" in line]
    assert sum(line["attendances"] for line in figures) == 145 + 43 + 932 + 117 + 452 + 17 + 135 + 16


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"quarterly-report/2"}', '{"format":"quarterly-report/1"}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(NotADocument):
        from_text(text)


def test_milestones_and_press_are_read_in_the_order_of_their_days() -> None:
    found = read_milestones("○ 2017. 3 ： 연수 실시\n\n- 2016.12:21개 프로그램")
    assert [(one.month, one.text, one.when) for one in found] == [
        (dt.date(2016, 12, 1), "21개 프로그램", "2016.12"),
        (dt.date(2017, 3, 1), "연수 실시", "2017.03"),
    ]
    press = read_press("· 나래경제(2018.3.9)\n가온일보 ('18.02.26.)")
    assert [one.sentence for one in press] == ["가온일보 (18.02.26)", "나래경제 (18.03.09)"]


@pytest.mark.parametrize("text", ["2017.13 : 없는 달", "지난달 : 연수", "2017.03", "0000.01 : 처음"])
def test_a_milestone_without_its_month_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_milestones(f"2017.01 : 먼저\n{text}")
    assert (refused.value.field, refused.value.facts["line"]) == ("milestones", 2)


@pytest.mark.parametrize("text", ["가온일보", "가온일보 (18.02.30)", "(18.02.26)", "가온일보 (어제)"])
def test_press_without_its_day_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_press(text)
    assert (refused.value.field, refused.value.facts["line"]) == ("press", 1)


def test_a_form_names_every_text_that_cannot_be_kept() -> None:
    form = {"milestones": "언젠가", "results": "가" * 4001}
    with pytest.raises(InvalidForm) as refused:
        read_texts(form, GROUPS["results"])
    assert [(one.field, one.reason) for one in refused.value.faults] == [
        ("milestones", "milestone"), ("results", "report_text_long"),
    ]  # fmt: skip
    kept = read_texts({"place": "  구로구\n 가온로\t10 ", "content": "하나\r\n둘\x00\ud800"}, GROUPS["overview"])
    assert kept[TextSection.PLACE] == "구로구 가온로 10"
    assert kept[TextSection.CONTENT] == "하나\n둘"
    assert kept[TextSection.FEE] == ""


def test_every_text_stands_in_one_form() -> None:
    assert sorted(section for group in GROUPS.values() for section in group) == sorted(TextSection)


def test_marks_that_people_type_are_not_doubled() -> None:
    assert written_lines("- 하나·첫째\n ○ - 둘\n\n  \n·셋\n=1+1") == ("하나·첫째", "둘", "셋", "=1+1")


@given(st.text())
def test_kept_text_can_be_written_into_any_document(text: str) -> None:
    kept = printable(text)
    assert printable(kept) == kept
    assert all(sign == "\n" or sign >= " " for sign in kept)


def test_rows_without_people_print_none() -> None:
    assert ActivityRow(Section.MEETING, "협의회", 1200).sentence == "협의회 1,200회 진행"
    assert ActivityRow(Section.PROGRAMME, "특강", 1, 0).sentence == "특강 1회 진행(0명)"


def test_quarters() -> None:
    assert Quarter.of(dt.date(2018, 3, 31)) == Quarter(2018, 1)
    assert Quarter.of(dt.date(2018, 12, 31)) == Quarter(2018, 4)
    assert (Quarter(2018, 4).first, Quarter(2018, 4).last) == (dt.date(2018, 10, 1), dt.date(2018, 12, 31))
    assert Quarter(2018, 1).before == Quarter(2017, 4)
    assert Quarter(2018, 3).before == Quarter(2018, 2)
    assert (Quarter(2018, 1).months, Quarter(2018, 4).months) == ("01~03월", "10~12월")
    assert Quarter.named(Quarter(2018, 2).name) == Quarter(2018, 2)
    assert [Quarter.named(text) for text in ("2018-5", "-1", "1999-1", "2018-1 ", "")] == [None] * 5
