"""The report of the first quarter of 2018 as data: figures of the original, names and address invented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from booking.demo import report as demo
from booking.demo.report import MILESTONES
from booking.domain.quarterly_report import (
    ActivityRow,
    BudgetYear,
    Discovery,
    QuarterlyReport,
    RoadmapYear,
    Section,
)
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection, read_milestones, read_press

PROGRAMME, MEETING = Section.PROGRAMME, Section.MEETING

PRESS = """
가온일보 (18.02.26)
나래경제 (18.02.26)
다솜타임스 (18.02.28)
라온통신 (18.02.28)
마루신문 (18.03.09)
""".strip()
TEXTS = {**demo.TEXTS, TextSection.PRESS: PRESS}
ACTIVITIES = (
    ActivityRow(PROGRAMME, "일터멘토 사전·사후교육", 24, 145),
    ActivityRow(PROGRAMME, "인솔자 사전·사후교육", 1, 43),
    ActivityRow(PROGRAMME, "자유학기제 선택형", 6, 932),
    ActivityRow(PROGRAMME, "강연형·대화형", 2, 117),
    ActivityRow(PROGRAMME, "진로캠프 진로적성검사", 1, 452),
    ActivityRow(PROGRAMME, "학부모 현장파견", 17, 17),
    ActivityRow(PROGRAMME, "행복진로체험교실", 16, 135),
    ActivityRow(PROGRAMME, "행복진로상담실", 5, 16),
    ActivityRow(MEETING, "서울시교육청 진로센터 워크숍", 1),
    ActivityRow(MEETING, "4권역 세미나", 2, note="구로·금천·영등포·관악·동작 센터장"),
    ActivityRow(MEETING, "진로교사 협의회", 7),
    ActivityRow(MEETING, "공공기관 협의회", 6),
    ActivityRow(MEETING, "일터멘토 협의회", 11),
    ActivityRow(MEETING, "학부모 진로교육지원단 협의회", 2),
    ActivityRow(MEETING, "자원봉사단 협의회", 1),
    ActivityRow(MEETING, "드림캐쳐단", 2),
    ActivityRow(Section.PARENTS, "학부모 정기협의회", 2),
    ActivityRow(Section.DONORS, "자원봉사단(퇴직시니어) 외 약 7개 단체 교육기부자문 및 협조회의", 14),
)
ROADMAP = tuple(
    RoadmapYear(year, target, attended, 100)
    for year, target, attended in (
        (2014, 6000, None),
        (2015, 12000, 22152),
        (2016, 12000, 35393),
        (2017, 12000, 41642),
        (2018, 6000, None),
    )
)
BUDGET = (
    BudgetYear(2014, 100, 50, 50, 100),
    BudgetYear(2015, 200, 100, 100, 200),
    BudgetYear(2016, 200, 100, 100, 200),
    BudgetYear(2017, 205, 105, 100, 205),
    BudgetYear(2018, 200, 100, 100),
)
#: the five that ended are nowhere in the original: without them its figures do not add up
DISCOVERY = Discovery(before=244, found=22, ended=5, total=261)


def first_quarter_of_2018(**changes: Any) -> QuarterlyReport:
    """The report with everything that the original says."""
    report = QuarterlyReport(
        quarter=Quarter(2018, 1),
        centre="구로구 청소년 진로직업체험지원센터",
        roadmap=ROADMAP,
        budget=BUDGET,
        activities=ACTIVITIES,
        discovery=DISCOVERY,
        texts=TEXTS,
        milestones=read_milestones(MILESTONES),
        press=read_press(PRESS),
    )
    return replace(report, **changes)
