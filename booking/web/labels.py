"""How each state and each word of the vocabulary is called on a page, and which colour its chip has beside the word."""

from __future__ import annotations

from enum import StrEnum

from booking.domain.alimtalk import SentAs, TemplateState
from booking.domain.announcement_states import AnnouncementStatus
from booking.domain.announcements import ConsentBy, Group
from booking.domain.answers import DeclineReason
from booking.domain.chances import Chance
from booking.domain.entry import AccountState
from booking.domain.open_rows import DayState
from booking.domain.phases import Phase
from booking.domain.retention import Erased
from booking.domain.school_year import DayBlocks, DayKind, DaySource
from booking.domain.states import (
    ChangeReportStatus,
    DispatchStatus,
    DrillStatus,
    GroupStatus,
    ImportStatus,
    MessageStatus,
    OfferStatus,
    ReportStatus,
    RequestStatus,
    RunKind,
    RunStatus,
    SearchStatus,
    VisitStatus,
)
from booking.domain.vocabulary import (
    Block,
    ChangeKind,
    Channel,
    ExperienceType,
    JobField,
    Language,
    Level,
    Role,
    Setting,
    SiteKind,
    SlotWish,
    WorkplaceStatus,
)
from booking.domain.whose import Whose
from booking.queries.coaches import Standing
from booking.queries.workplace_list import Mark
from booking.web import book_words
from booking.web.marking import N_, gettext
from booking.web.tones import NONE, TONES

LABELS: dict[type[StrEnum], dict[str, str]] = {
    **book_words.LABELS,
    Role: {
        Role.TEACHER: N_("진로 담당 교사"),
        Role.COORDINATOR: N_("센터 코디네이터"),
        Role.OFFICER: N_("구청 담당 주무관"),
        Role.ADMINISTRATOR: N_("관리자"),
    },
    Group: {
        Group.TEACHERS: N_("교사"),
        Group.WORKPLACES: N_("일터"),
        Group.COACHES: N_("진로코치"),
    },
    ConsentBy: {
        ConsentBy.SELF: N_("스스로"),
        ConsentBy.LINK: N_("메일의 링크로"),
        ConsentBy.TELEPHONE: N_("전화로"),
        ConsentBy.PAPER: N_("종이로"),
        ConsentBy.GONE: N_("담당이 바뀌거나 지움"),
    },
    AnnouncementStatus: {
        AnnouncementStatus.DRAFT: N_("초안"),
        AnnouncementStatus.SCHEDULED: N_("예약함"),
        AnnouncementStatus.SENT: N_("보냄"),
    },
    DispatchStatus: {
        DispatchStatus.ASKED: N_("답 기다림"),
        DispatchStatus.ACCEPTED: N_("함께 가기로 함"),
        DispatchStatus.DECLINED: N_("어렵다고 함"),
        DispatchStatus.CANCELLED: N_("취소"),
    },
    Erased: {
        Erased.MESSAGE_TEXT: N_("알림의 글"),
        Erased.WORKPLACE_CONTACT: N_("일터 담당자의 연락처"),
        Erased.TEACHER: N_("교사의 이름과 연락처"),
        Erased.OFFICE_ACCOUNT: N_("직원의 이름과 연락처"),
        Erased.COACH: N_("진로코치의 이름과 연락처"),
        Erased.FREE_WORDS: N_("학교와 일터가 적은 말"),
        Erased.SIGN_IN: N_("지난 로그인"),
        Erased.ACCESS_LOG: N_("개인정보를 본 기록"),
    },
    Whose: {
        Whose.USER: N_("계정이 있는 분"),
        Whose.WORKPLACE: N_("일터 담당자"),
        Whose.COACH: N_("코치"),
    },
    AccountState: {
        AccountState.ACTIVE: N_("쓰는 중"),
        AccountState.INVITING: N_("초대 보내는 중"),
        AccountState.INVITED: N_("초대함"),
        AccountState.EXPIRED: N_("초대 기한 지남"),
        AccountState.UNDELIVERED: N_("초대가 가지 못함"),
        AccountState.WITHDRAWN: N_("초대 거둠"),
        AccountState.OFF: N_("꺼짐"),
    },
    ReportStatus: {ReportStatus.DRAFT: N_("작성 중"), ReportStatus.FINAL: N_("확정본")},
    Language: {Language.KO: N_("한국어"), Language.EN: N_("영어")},
    Block: {Block.AM: N_("오전"), Block.PM: N_("오후")},
    DayState: {DayState.CLOSED: N_("닫음"), DayState.OPEN: N_("엶"), DayState.USUAL: N_("평소대로")},
    Level: {Level.ELEMENTARY: N_("초등학교"), Level.MIDDLE: N_("중학교"), Level.HIGH: N_("고등학교")},
    JobField: {
        JobField.BUSINESS: N_("경영·사무·금융·보험"),
        JobField.ENGINEERING: N_("연구·공학기술"),
        JobField.PUBLIC_SERVICE: N_("교육·법률·복지·경찰·소방"),
        JobField.HEALTH: N_("보건·의료"),
        JobField.ARTS: N_("예술·디자인·방송·스포츠"),
        JobField.PERSONAL_SERVICE: N_("미용·여행·숙박·음식"),
        JobField.SALES_TRANSPORT: N_("영업·판매·운전·운송"),
        JobField.CONSTRUCTION: N_("건설·채굴"),
        JobField.PRODUCTION: N_("설치·정비·생산"),
        JobField.AGRICULTURE: N_("농림어업"),
    },
    SiteKind: {
        SiteKind.PUBLIC: N_("공공기관"),
        SiteKind.COMPANY: N_("민간기업"),
        SiteKind.SOLE_TRADER: N_("개인사업장"),
        SiteKind.CIVIC: N_("청소년·시민단체"),
        SiteKind.SCHOOL: N_("학교·대학"),
    },
    Setting: {
        Setting.INDOOR: N_("실내"),
        Setting.OUTDOOR: N_("실외"),
        Setting.EITHER: N_("실외 (실내로 바꿀 수 있음)"),
    },
    ExperienceType: {
        ExperienceType.WORK_ON_SITE: N_("현장직업체험"),
        ExperienceType.MOCK_WORKPLACE: N_("직업실무체험"),
        ExperienceType.TOUR: N_("현장견학"),
        ExperienceType.DEPARTMENT: N_("학과체험"),
        ExperienceType.CAMP: N_("진로캠프"),
        ExperienceType.LECTURE: N_("강연·대화"),
    },
    Mark: {
        Mark.EXPIRING: N_("60일 안에 끝나는 점검·보험·인증"),
        Mark.EXPIRED: N_("점검·보험·인증이 지났거나 없음"),
        Mark.DORMANT: N_("이번 학기에 쓰지 않음"),
        Mark.BUSY: N_("너무 자주 부탁함"),
    },
    Standing: {
        Standing.ACTIVE: N_("활동 중"),
        Standing.UNTRAINED: N_("교육 유효일 지남"),
        Standing.ENDED: N_("활동 마침"),
    },
    WorkplaceStatus: {
        WorkplaceStatus.FOUND: N_("발굴"),
        WorkplaceStatus.TALKS: N_("협의 중"),
        WorkplaceStatus.INSPECTED: N_("점검 마침"),
        WorkplaceStatus.APPROVED: N_("승인"),
        WorkplaceStatus.ACTIVE: N_("운영 중"),
        WorkplaceStatus.PAUSED: N_("쉼"),
        WorkplaceStatus.ENDED: N_("종료"),
    },
    TemplateState: {
        TemplateState.UNDER_REVIEW: N_("심사 중"),
        TemplateState.APPROVED: N_("승인"),
        TemplateState.REJECTED: N_("반려"),
    },
    SentAs: {SentAs.ALIMTALK: N_("알림톡"), SentAs.SMS: N_("단문 문자"), SentAs.LMS: N_("장문 문자")},
    Channel: {Channel.EMAIL: N_("전자우편"), Channel.SMS: N_("문자")},
    Chance: {Chance.LIKELY: N_("유력"), Chance.OPEN: N_("해 볼 만함"), Chance.UNLIKELY: N_("어려움")},
    SlotWish: {SlotWish.REQUESTED: N_("희망"), SlotWish.NEGOTIABLE: N_("가능")},
    Phase: {
        Phase.BEFORE: N_("접수 전"),
        Phase.WISH: N_("희망 접수"),
        Phase.ALLOCATION: N_("배정"),
        Phase.CONFIRMATION: N_("일터 확인"),
        Phase.LEFTOVERS: N_("남은 자리 신청"),
        Phase.CLOSED: N_("마감"),
    },
    RequestStatus: {
        RequestStatus.SUBMITTED: N_("접수"),
        RequestStatus.ALLOCATED: N_("배정됨"),
        RequestStatus.SERVED: N_("다녀옴"),
        RequestStatus.UNSERVED: N_("미배정"),
        RequestStatus.WITHDRAWN: N_("신청 취소"),
    },
    RunKind: {
        RunKind.TERM: N_("학기 배정"),
        RunKind.REPAIR: N_("재배정"),
        RunKind.FRONTIER: N_("다른 대안 찾기"),
        RunKind.TRIAL: N_("규칙 값 시험"),
    },
    RunStatus: {
        RunStatus.QUEUED: N_("차례 기다림"),
        RunStatus.SOLVING: N_("계산 중"),
        RunStatus.PROPOSED: N_("검토할 안"),
        RunStatus.PUBLISHED: N_("게시됨"),
        RunStatus.SUPERSEDED: N_("지난 안"),
        RunStatus.DISCARDED: N_("버린 안"),
        RunStatus.FOUND: N_("대안 나옴"),
        RunStatus.CANCELLED: N_("멈춤"),
        RunStatus.FAILED: N_("실패"),
    },
    VisitStatus: {
        VisitStatus.PROPOSED: N_("학교 동의 대기"),
        VisitStatus.PUBLISHED: N_("일터 확인 중"),
        VisitStatus.CONFIRMED: N_("확정"),
        VisitStatus.COMPLETED: N_("다녀옴"),
        VisitStatus.CANCELLED: N_("방문 취소"),
    },
    GroupStatus: {
        GroupStatus.PROPOSED: N_("자리 잡아 둠"),
        GroupStatus.ASKED: N_("답 기다림"),
        GroupStatus.ACCEPTED: N_("수락"),
        GroupStatus.DECLINED: N_("어렵다고 답함"),
        GroupStatus.EXPIRED: N_("답 없음"),
        GroupStatus.RELEASED: N_("자리 돌려줌"),
    },
    OfferStatus: {
        OfferStatus.FOUND: N_("보내기 전"),
        OfferStatus.SENT: N_("답 기다림"),
        OfferStatus.ACCEPTED: N_("수락"),
        OfferStatus.DECLINED: N_("거절"),
        OfferStatus.COUNTERED: N_("다른 날을 제안함"),
        OfferStatus.EXPIRED: N_("기한 지남"),
        OfferStatus.WITHDRAWN: N_("거둠"),
    },
    SearchStatus: {
        SearchStatus.QUEUED: N_("차례 기다림"),
        SearchStatus.SEARCHING: N_("찾는 중"),
        SearchStatus.DONE: N_("찾기 마침"),
        SearchStatus.CANCELLED: N_("멈춤"),
        SearchStatus.FAILED: N_("실패"),
    },
    DrillStatus: {
        DrillStatus.QUEUED: N_("차례 기다림"),
        DrillStatus.REHEARSING: N_("연습 중"),
        DrillStatus.DONE: N_("연습 마침"),
        DrillStatus.CANCELLED: N_("멈춤"),
        DrillStatus.FAILED: N_("실패"),
    },
    MessageStatus: {
        MessageStatus.CREATED: N_("보내기 전"),
        MessageStatus.SENDING: N_("보내는 중"),
        MessageStatus.SENT: N_("보냄"),
        MessageStatus.DELIVERED: N_("받음"),
        MessageStatus.BOUNCED: N_("되돌아옴"),
        MessageStatus.FAILED: N_("실패"),
        MessageStatus.UNKNOWN: N_("확인 필요"),
        MessageStatus.WITHDRAWN: N_("거둠"),
        MessageStatus.TOLD: N_("전화로 알림"),
    },
    DayKind: {
        DayKind.EXAM: N_("시험"),
        DayKind.EVENT: N_("학교 행사"),
        DayKind.HOLIDAY: N_("공휴일"),
        DayKind.CLOSED: N_("휴업일"),
        DayKind.HINT: N_("참고"),
    },
    DayBlocks: {DayBlocks.AM: N_("오전"), DayBlocks.PM: N_("오후"), DayBlocks.ALL: N_("종일")},
    DaySource: {DaySource.NEIS: N_("NEIS"), DaySource.CSV: N_("CSV 파일"), DaySource.HAND: N_("직접 넣음")},
    ImportStatus: {
        ImportStatus.WAITING: N_("가져오는 중"),
        ImportStatus.READY: N_("확인할 것"),
        ImportStatus.APPLIED: N_("반영함"),
        ImportStatus.DISCARDED: N_("버림"),
        ImportStatus.FAILED: N_("가져오지 못함"),
    },
    ChangeKind: {
        ChangeKind.SIZE: N_("인원 변경"),
        ChangeKind.CANCEL: N_("방문 취소 요청"),
        ChangeKind.OTHER: N_("그 밖의 일"),
    },
    ChangeReportStatus: {
        ChangeReportStatus.OPEN: N_("센터 확인 전"),
        ChangeReportStatus.APPLIED: N_("반영함"),
        ChangeReportStatus.REFUSED: N_("반영하지 않음"),
        ChangeReportStatus.WITHDRAWN: N_("거둠"),
    },
    DeclineReason: {
        DeclineReason.NOT_THIS_DAY: N_("이날은 어려움"),
        DeclineReason.NOT_THIS_SIZE: N_("이 인원은 어려움"),
        DeclineReason.NOT_ANY_MORE: N_("앞으로 받기 어려움"),
    },
}


def label(value: StrEnum) -> str:
    """Return the word for a state or a vocabulary entry, in the language of the page."""
    return gettext(LABELS[type(value)][value])


def tone(value: StrEnum) -> str:
    """Return the colour of a state's chip; the word beside it carries the meaning."""
    return TONES.get(type(value), {}).get(value, NONE)


def field_label(code: str) -> str:
    """Return the name of a job field by its code, as the database keeps it in lists; an unknown code stays as it is."""
    names = LABELS[JobField]
    return gettext(names[code]) if code in names else code


def level_label(code: str) -> str:
    """Return the name of a school level by its code."""
    names = LABELS[Level]
    return gettext(names[code]) if code in names else code
