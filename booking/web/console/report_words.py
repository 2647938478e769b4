"""What the pages of quarterly reports say: names of texts, what is missing, what does not add up."""

from __future__ import annotations

from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.quarterly_report import Fault, Gap, Mismatch, Missing
from booking.domain.quarters import Quarter
from booking.domain.report_texts import TextSection
from booking.web.formats import number
from booking.web.marking import N_, gettext
from booking.web.problems import sentence

#: each text: its name, and what to write
SECTIONS: dict[TextSection, tuple[str, str]] = {
    TextSection.PLACE: (N_("위치"), ""),
    TextSection.SIZE: (N_("규모"), ""),
    TextSection.PERIOD: (N_("사업 기간"), ""),
    TextSection.CONTENT: (N_("추진내용"), ""),
    TextSection.BENEFICIARIES: (N_("수혜인원"), ""),
    TextSection.METHOD: (N_("추진방법"), ""),
    TextSection.FEE: (N_("위탁운영비"), ""),
    TextSection.MILESTONES: (N_("그간 주요 추진실적"), N_("한 줄에 하나씩, 「2017.12 : 한 일」처럼 적어 주세요.")),
    TextSection.RESULTS: (
        N_("이 분기에 더 적을 실적"),
        N_("한 줄에 하나씩. 집계한 실적 아래에 이어서 적힙니다."),
    ),
    TextSection.PLANS: (N_("향후계획"), N_("한 줄에 하나씩")),
    TextSection.PROBLEMS: (N_("문제점 및 대책, 건의사항"), N_("한 줄에 하나씩")),
    TextSection.PARENTS: (N_("학부모 정기회의"), N_("한 줄에 하나씩")),
    TextSection.DONORS: (N_("교육기부단 회의"), N_("한 줄에 하나씩")),
    TextSection.PROMOTION: (N_("지역홍보"), N_("한 줄에 하나씩")),
    TextSection.PRESS: (N_("언론보도"), N_("한 줄에 하나씩, 「구로소식 (18.02.26)」처럼 적어 주세요.")),
}
_GAPS: dict[Gap, str] = {
    Gap.RUNNING: N_("분기가 아직 끝나지 않았습니다. 끝난 뒤의 실적은 들어 있지 않습니다."),
    Gap.ROADMAP: N_("연도별 목표가 없습니다."),
    Gap.TARGET: N_("목표 인원이 정해지지 않은 해가 있습니다."),
    Gap.BUDGET: N_("연도별투자계획이 없습니다."),
    Gap.BUDGET_YEAR: N_("올해 예산이 없습니다."),
    Gap.ACTIVITIES: N_("이 분기에 집계된 실적이 없습니다."),
    Gap.PICTURES: N_("관련 사진이 없습니다."),
}
#: the part of the report in which a gap is filled
_PARTS: dict[Gap, str] = {
    Gap.RUNNING: "results",
    Gap.ROADMAP: "roadmap",
    Gap.TARGET: "roadmap",
    Gap.BUDGET: "budget",
    Gap.BUDGET_YEAR: "budget",
    Gap.ACTIVITIES: "results",
    Gap.UNREPORTED: "results",
    Gap.PICTURES: "pictures",
}


def quarter_name(quarter: Quarter) -> str:
    """2018년 1분기 · 2018 Q1."""
    return gettext("%(year)s년 %(number)s분기", year=quarter.year, number=quarter.number)


def section_name(section: TextSection) -> str:
    """How a free text is called."""
    return gettext(SECTIONS[section][0])


def section_hint(section: TextSection) -> str:
    """What to write there; empty where its name says it."""
    hint = SECTIONS[section][1]
    return gettext(hint) if hint else ""


def gap_text(missing: Missing) -> str:
    """What is missing, in a sentence."""
    if missing.text is not None:
        name = section_name(missing.text)
        if missing.gap is Gap.CARRIED:
            return gettext("%(name)s: 지난 분기의 글 그대로입니다. 보시고 저장해 주세요.", name=name)
        return gettext("%(name)s: 아직 적지 않았습니다.", name=name)
    if missing.gap is Gap.UNREPORTED:
        return gettext("참석 인원이 오지 않은 방문이 %(n)s건 있습니다.", n=number(missing.count))
    return gettext(_GAPS[missing.gap])


def gap_anchor(missing: Missing) -> str:
    """Where on the page it is filled: the field of a text, else the part of the report."""
    return missing.text.value if missing.text is not None else f"part-{_PARTS[missing.gap]}"


def mismatch_text(mismatch: Mismatch) -> str:
    """What does not add up, with the two numbers."""
    said, reckoned = number(mismatch.said), number(mismatch.reckoned)
    if mismatch.fault is Fault.WORKPLACES:
        return gettext(
            "일터 수가 맞지 않습니다. 등록부에는 %(said)s곳인데, 앞 분기에 발굴과 종료를 셈하면 %(reckoned)s곳입니다.",
            said=said,
            reckoned=reckoned,
        )
    if mismatch.fault is Fault.BUDGET_SHARES:
        return gettext(
            "%(year)s년 예산이 맞지 않습니다. 목표예산은 %(said)s백만원, 시비와 구비의 합은 %(reckoned)s백만원입니다.",
            year=mismatch.year,
            said=said,
            reckoned=reckoned,
        )
    return gettext(
        "%(year)s년 달성도가 맞지 않습니다. %(said)s%%로 적혀 있는데, 인원으로 셈하면 %(reckoned)s%%입니다.",
        year=mismatch.year,
        said=said,
        reckoned=reckoned,
    )


def fault_sentences(error: InvalidForm | InvalidInput) -> dict[str, str]:
    """The sentence beside each field; of a list also the line that cannot be read."""
    faults = error.faults if isinstance(error, InvalidForm) else (error,)
    found: dict[str, str] = {}
    for fault in faults:
        text = sentence(fault)
        if "line" in fault.facts:
            where = gettext("%(n)s번째 줄 「%(piece)s」:", n=fault.facts["line"], piece=fault.facts["piece"])
            text = f"{where} {text}"
        found.setdefault(fault.field or "form", text)
    return found
