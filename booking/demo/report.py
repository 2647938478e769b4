"""The report of the first quarter of 2018: the words of it, beside the figures that the books have (``books.py``).

The words are the original's where they are facts; the operator, the address and the outlets are invented.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.demo.books import QUARTER
from booking.domain.person import Person
from booking.domain.report_texts import TextSection
from booking.models.reports import Report
from booking.services.reports import begin_report, finalise, save_texts, standing

MILESTONES = """
2014.10 : 고교진로박람회 개최
2015.03 : 중학교 진로자유학기제 프로그램 개발
2015.05 : 진로자유학기제 관련 일터 발굴 추진
2015.12 : 18개 프로그램 22,152명 이용 (중복 이용인원 포함)
2016.05 : 구로대학생멘토단 위촉
2016.11 : 구로학부모 진로코치단 양성 99명
2016.11 : 학부모 진로코치단 꿈잡고 발대식
2016.12 : 21개 프로그램 35,393명 이용 (중복 이용인원 포함)
2017.02 : 구로관내 중학교 협의회 (각 학교일정 취합)
2017.03 : 구로관내 중학교 진로교사 연수 실시
2017.07 : 남부교육지원청 꿈NUM꿈 지원
2017.09 : 동작구 진로직업박람회 참여
2017.10 : 구로신기술진로직업체험박람회 개최 4,025명 참여
2017.11 : 서울시 진로직업박람회 참여
2017.12 : 남부교육지원청 꿈NUM꿈 지원
2017.12 : 진로체험관련 일터발굴 244개
2017.12 : 35개 프로그램 41,642명 이용 (중복 이용인원 포함)
""".strip()
TEXTS = {
    TextSection.PLACE: "구로구 가온로 10, 2층 (가온동 1-2)",
    TextSection.SIZE: "사무실 및 상담실 (36㎡)",
    TextSection.PERIOD: "2014.7.1 ~ 2018.6.30",
    TextSection.CONTENT: (
        "진로직업체험지원센터에서 청소년 대상 진로상담, 진로탐색, 직업인특강, 직업체험 등 프로그램 개설·운영"
    ),
    TextSection.BENEFICIARIES: "연12,000명(중·고등학생)",
    TextSection.METHOD: "전문기관에 위탁운영 [(주)가온나래]",
    TextSection.FEE: "위탁운영비 연간 200백만원 지원",
    TextSection.MILESTONES: MILESTONES,
    TextSection.PLANS: (
        "자유학년제 전면시행과 관련하여 관내학교 진학부장교사와의 협의회를 통해 학교별 요청 프로그램 지원 및"
        " 학부모의견 반영하여 원활한 일터체험 운영\n"
        "관내 초등학교 진로교사 배치완료와 서울시 교육청의 초등학교 진로체험 지원 요청에 따라 초등학교와도 원활한"
        " 소통이 가능하도록 대비"
    ),
    TextSection.PROBLEMS: (
        "학교별 비슷한 학사일정으로 인한 일터체험요청 편중현상에 대비해 학교별 진로부장교사와의 협의를 통해 학교별"
        " 요청시기 조정"
    ),
    TextSection.PROMOTION: "센터 프로그램 안내 상시 문자 홍보 실시",
}


def load_report(session: Session, clock: Clock, person: Person) -> Report:
    """Write the report and hand it in; the books have to be entered. It has no pictures, which is known."""
    report = begin_report(session, clock, person, QUARTER)
    save_texts(session, clock, person, report.id, TEXTS, {})
    session.refresh(report)
    seen = standing(session, clock, report).seen
    return finalise(session, clock, person, report.id, seen=seen, understood=True)
