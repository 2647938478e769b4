"""The console's own words: kinds of message, actions in the history, stages of the solver, what a plan gives."""

from __future__ import annotations

from typing import Protocol

from booking.domain.called_off import Cause
from booking.notify.catalogue import Kind
from booking.queries.planning import Outcome
from booking.web.console.book_actions import BOOKS
from booking.web.marking import N_, gettext

KINDS: dict[str, str] = {
    Kind.REQUEST_RECEIVED: N_("신청 접수 안내"),
    Kind.ALLOCATION_PROPOSED: N_("배정 결과 안내"),
    Kind.SHIFT_OFFER: N_("조정 제안"),
    Kind.SHIFT_AGREED: N_("조정 수락 확인"),
    Kind.SHIFT_EXPIRED: N_("조정 제안 기한 지남 안내"),
    Kind.SHIFT_WITHDRAWN: N_("조정 제안 거둠 안내"),
    Kind.WORKPLACE_ASK: N_("일터 방문 요청"),
    Kind.WORKPLACE_REMINDER: N_("일터에 다시 여쭘"),
    Kind.WORKPLACE_THANKS: N_("일터 감사 인사"),
    Kind.WORKPLACE_CONFIRMED: N_("일터 확정 안내"),
    Kind.WORKPLACE_CHANGED: N_("일터 변경 안내"),
    Kind.WORKPLACE_CANCELLED: N_("일터 취소 안내"),
    Kind.COACH_DISPATCHED: N_("진로코치 인솔 부탁"),
    Kind.COACH_CHANGED: N_("진로코치 인솔 변경 안내"),
    Kind.COACH_CANCELLED: N_("진로코치 인솔 취소 안내"),
    Kind.COACH_REMINDER: N_("진로코치 전날 안내"),
    Kind.VISIT_CONFIRMED: N_("방문 확정 안내"),
    Kind.VISIT_CANCELLED: N_("방문 취소 안내"),
    Kind.DAY_CALLED_OFF: N_("하루 취소 안내"),
    Kind.VISIT_REMINDER: N_("체험 전날 안내"),
    Kind.ATTENDANCE_DUE: N_("결과 입력 부탁"),
    Kind.ATTENDANCE_REMINDER: N_("결과 입력 다시 부탁"),
    Kind.CHANGE_ANSWERED: N_("변경 알림 답"),
    Kind.SESSION_REGISTERED: N_("프로그램 등록 안내"),
    Kind.SESSION_WAITING: N_("프로그램 대기 안내"),
    Kind.SESSION_OFFER: N_("프로그램 자리 제안"),
    Kind.SESSION_OFFER_EXPIRED: N_("프로그램 자리 제안 기한 지남 안내"),
    Kind.SESSION_REMOVED: N_("프로그램 신청 뺌 안내"),
    Kind.SESSION_CHANGED: N_("프로그램 변경 안내"),
    Kind.SESSION_CALLED_OFF: N_("프로그램 취소 안내"),
    Kind.INVITATION: N_("계정 초대"),
    Kind.ANNOUNCEMENT: N_("상시 안내"),
    Kind.SCHOOL_ADDED: N_("학교 이어짐 안내"),
    Kind.SIGN_IN_LINK: N_("로그인 링크"),
    Kind.PASSWORD_RESET: N_("비밀번호 링크"),
}

CAUSES: dict[Cause, str] = {
    Cause.WEATHER: N_("기상 악화"),
    Cause.AIR: N_("미세먼지"),
    Cause.ILLNESS: N_("감염병"),
    Cause.EMERGENCY: N_("긴급 상황"),
    Cause.OTHER: N_("센터 사정"),
}

ACTIONS: dict[str, str] = {
    **BOOKS,
    "sign_in": N_("로그인"),
    "signed_out_everywhere": N_("모든 기기에서 로그아웃"),
    "profile_changed": N_("내 정보 고침"),
    "password_changed": N_("비밀번호 바꿈"),
    "password_reset": N_("링크로 비밀번호 바꿈"),
    "invited": N_("초대"),
    "invitation_accepted": N_("초대 수락"),
    "invitation_withdrawn": N_("초대 거둠"),
    "alimtalk_saved": N_("알림톡 템플릿 저장"),
    "alimtalk_removed": N_("알림톡 템플릿 지움"),
    "post_began": N_("학교 맡음"),
    "post_ended": N_("학교 떠남"),
    "post_handed_over": N_("후임에게 넘김"),
    "contact_succeeded": N_("담당자 바뀜"),
    "centre_founded": N_("센터 시작"),
    "policy_changed": N_("배정 규칙 고침"),
    "policy_tried": N_("배정 규칙 시험"),
    "term_created": N_("학기 만듦"),
    "term_changed": N_("학기 고침"),
    "term_started": N_("학기 넘김"),
    "classes_moved_up": N_("학급 진급"),
    "account_switched_off": N_("계정 끔"),
    "account_switched_on": N_("계정 켬"),
    "second_factor_on": N_("두 번째 확인 켬"),
    "second_factor_reset": N_("두 번째 확인 지움"),
    "recovery_code_used": N_("복구 코드 씀"),
    "recovery_codes_renewed": N_("복구 코드 새로 받음"),
    "role_changed": N_("역할 바꿈"),
    "centre_changed": N_("센터 설정 바꿈"),
    "run_started": N_("배정 실행"),
    "repair_requested": N_("재배정 요청"),
    "run_cancelled": N_("배정 멈춤"),
    "run_discarded": N_("배정안 버림"),
    "run_failed": N_("배정 실패"),
    "run_proposed": N_("배정안 나옴"),
    "run_published": N_("배정안 게시"),
    "draft_named": N_("배정안 이름"),
    "draft_kept": N_("배정안 남겨 둠"),
    "draft_let_go": N_("배정안 남겨 두기 풂"),
    "search_started": N_("다른 대안 찾기"),
    "alternatives_found": N_("다른 대안 나옴"),
    "alternative_chosen": N_("대안을 배정안으로 고름"),
    "weekly_set": N_("매주 자동 실행 정함"),
    "weekly_skipped": N_("매주 자동 실행 건너뜀"),
    "proposal_moved": N_("손으로 옮김"),
    "pinned": N_("고정"),
    "unpinned": N_("고정 풂"),
    "proposals_swapped": N_("방문을 맞바꿈"),
    "groups_split": N_("모둠을 손으로 나눔"),
    "workplace_excluded": N_("일터 뺌"),
    "workplace_admitted": N_("일터 다시 허용"),
    "hand_undone": N_("손으로 바꾼 일 되돌림"),
    "hand_redone": N_("손으로 바꾼 일 다시 함"),
    "visit_new": N_("방문 새로 게시"),
    "visit_moved": N_("방문 날짜 바뀜"),
    "visit_regrouped": N_("방문 일터 바뀜"),
    "visit_cancelled": N_("방문 취소"),
    "air_switched_on": N_("미세먼지 켬"),
    "air_switched_off": N_("미세먼지 끔"),
    "day_called_off": N_("하루 방문 취소"),
    "report_begun": N_("분기 보고 시작"),
    "report_written": N_("분기 보고 글 고침"),
    "report_finalised": N_("분기 보고 확정"),
    "report_corrected": N_("분기 보고 정정판 시작"),
    "report_discarded": N_("분기 보고 초안 버림"),
    "report_picture_added": N_("분기 보고 사진 넣음"),
    "report_picture_removed": N_("분기 보고 사진 뺌"),
    "offer_accepted": N_("조정 제안 수락"),
    "offer_declined": N_("조정 제안 거절"),
    "offer_sent": N_("조정 제안 보냄"),
    "offer_countered": N_("다른 날을 제안함"),
    "offer_expired": N_("조정 제안 기한 지남"),
    "offer_withdrawn": N_("조정 제안 거둠"),
    "counter_accepted": N_("학교가 제안한 날로 정함"),
    "offer_search_started": N_("조정 제안 찾기"),
    "offer_search_done": N_("조정 제안을 찾음"),
    "offer_search_cancelled": N_("조정 제안 찾기를 멈춤"),
    "offer_search_failed": N_("조정 제안 찾기 실패"),
    "sandbox_made": N_("연습장 만듦"),
    "sandbox_discarded": N_("연습장 치움"),
    "drill_started": N_("비상 연습 시작"),
    "drill_done": N_("비상 연습 마침"),
    "drill_cancelled": N_("비상 연습 멈춤"),
    "drill_failed": N_("비상 연습 실패"),
    "credited": N_("양보 점수 더함"),
    "feed_made": N_("달력 구독 주소 만듦"),
    "feed_ended": N_("달력 구독 주소 끊음"),
    "group_accepted": N_("일터 수락"),
    "workplace_called": N_("일터에 전화함, 답 못 들음"),
    "group_declined": N_("일터가 어렵다고 답함"),
    "requested": N_("신청"),
    "request_changed": N_("신청 고침"),
    "withdrawn": N_("신청 취소"),
    "school_times_changed": N_("수업 시간 고침"),
    "classes_entered": N_("학급 적음"),
    "class_changed": N_("학급 고침"),
    "class_removed": N_("학급 뺌"),
    "neis_code_set": N_("NEIS 코드 적음"),
    "import_started": N_("학사일정 가져오기"),
    "import_applied": N_("학사일정 반영"),
    "calendar_entered": N_("학사일정 적음"),
    "calendar_day_removed": N_("학사일정 지움"),
    "one_off_day_added": N_("쉬는 날 더함"),
    "one_off_day_removed": N_("쉬는 날 지움"),
    "sending_paused": N_("알림 멈춤"),
    "sending_resumed": N_("알림 다시 보냄"),
    "sheet_applied": N_("표 저장"),
    "sheet_undone": N_("표 되돌림"),
    "message_resent": N_("알림 다시 보냄"),
    "message_reworded": N_("알림을 고쳐서 다시 보냄"),
    "message_told": N_("알림을 전화로 알림"),
    "message_let_through": N_("급한 알림을 밤에 보냄"),
    "sender_number_saved": N_("발신번호 저장"),
    "sender_number_removed": N_("발신번호 지움"),
    "consent_checked": N_("학부모 동의 확인"),
    "consent_unchecked": N_("학부모 동의 확인 거둠"),
    "briefing_checked": N_("안전교육 확인"),
    "briefing_unchecked": N_("안전교육 확인 거둠"),
    "group_arrived": N_("모둠 도착"),
    "arrival_undone": N_("도착 거둠"),
    "attendance_reported": N_("온 인원 입력"),
    "attendance_corrected": N_("온 인원 고침"),
    "satisfaction_reported": N_("만족도 입력"),
    "opinion_given": N_("일터가 만족도를 답함"),
    "remark_shown": N_("한마디 공개"),
    "remark_hidden": N_("한마디 가림"),
    "question_asked": N_("만족도 문항 더함"),
    "question_retired": N_("만족도 문항 그만 물음"),
    "visit_completed": N_("방문 마침"),
    "change_reported": N_("학교가 변경을 알림"),
    "change_withdrawn": N_("변경 알림 거둠"),
    "change_applied": N_("변경 알림 반영"),
    "change_refused": N_("변경 알림 반영하지 않음"),
    "attendance_reminded": N_("결과 입력을 다시 부탁함"),
    "briefing_changed": N_("안내 자료 고침"),
    "reveal_contact": N_("연락처 전체 보기"),
    "announcing_set": N_("상시 안내 켜고 끔"),
    "announcement_written": N_("상시 안내 씀"),
    "announcement_discarded": N_("상시 안내 초안 버림"),
    "announcement_scheduled": N_("상시 안내 예약"),
    "announcement_taken_back": N_("상시 안내 되돌림"),
    "announcement_sent": N_("상시 안내 보냄"),
    "consent_granted": N_("소식을 받겠다고 함"),
    "consent_withdrawn": N_("소식을 받지 않겠다고 함"),
    "show_person": N_("한 사람의 정보 모두 보기"),
    "export_person": N_("한 사람의 정보 내려받기"),
    "person_erased": N_("한 사람의 정보 지움"),
    "retention_changed": N_("보유 기간 바꿈"),
    "repair_applied": N_("재배정을 저절로 적용"),
    "group_expired": N_("대신 부탁드린 일터가 답이 없어 다음으로"),
    "group_reduced": N_("일터가 인원을 줄여 수락"),
    "workplace_call_me": N_("일터가 전화를 부탁함"),
    "workplace_other_time": N_("일터가 다른 시간을 알림"),
    "workplace_details": N_("일터가 연락처를 고침"),
    "workplace_closed": N_("일터가 쉬는 날을 알림"),
    "workplace_paused": N_("일터가 쉬겠다고 알림"),
    "workplace_note_settled": N_("일터가 남긴 말 처리"),
    "workplace_added": N_("일터 등록"),
    "workplace_changed": N_("일터 고침"),
    "workplace_merged": N_("일터를 합침"),
    "workplace_merged_away": N_("다른 일터에 합쳐짐"),
    "workplaces_distinct": N_("서로 다른 일터로 적음"),
    "coach_sent": N_("진로코치에게 인솔 부탁"),
    "coach_accepted": N_("진로코치가 가겠다고 답함"),
    "coach_declined": N_("진로코치가 어렵다고 답함"),
    "coach_called_back": N_("진로코치 인솔 취소"),
    "coach_added": N_("진로코치 등록"),
    "coach_changed": N_("진로코치 고침"),
    "coach_available": N_("진로코치의 시간 고침"),
    "school_added": N_("학교 등록"),
    "school_changed": N_("학교 고침"),
    "school_removed": N_("학교 등록을 되돌림"),
    "export_contacts": N_("연락처 내려받기"),
    "export_audit": N_("기록 내려받기"),
    "term_imported": N_("학기 자료 들여옴"),
}

SUBJECTS: dict[str, str] = {
    "user": N_("사용자"),
    "run": N_("배정안"),
    "request": N_("신청"),
    "visit": N_("방문"),
    "group": N_("모둠"),
    "remark": N_("한마디"),
    "question": N_("만족도 문항"),
    "school": N_("학교"),
    "workplace": N_("일터"),
    "coach": N_("진로코치"),
    "message": N_("알림"),
    "centre": N_("센터"),
    "term": N_("학기"),
    "offer": N_("조정 제안"),
    "one_off_day": N_("쉬는 날"),
    "school_class": N_("학급"),
    "sheet_upload": N_("올린 표"),
    "called_off_day": N_("하루 취소"),
    "quarterly_report": N_("분기 보고"),
    "audit": N_("기록"),
    "announcement": N_("상시 안내"),
    "programme": N_("프로그램 종류"),
    "programme_session": N_("회차"),
    "quarter": N_("분기"),
    "year": N_("연도"),
    "press_item": N_("언론보도"),
    "volunteer_work": N_("자원봉사"),
}

#: what the solver is doing -> the word, and what it means for the person who waits
STAGES: dict[str, tuple[str, str]] = {
    "queued": (N_("차례를 기다립니다"), N_("앞선 일이 끝나면 바로 시작합니다.")),
    "start": (N_("자리를 셉니다"), N_("날짜마다 쓸 수 있는 일터와 자리를 셉니다.")),
    "dates": (N_("날짜를 고릅니다"), N_("학급마다 갈 날을 정하고 붐비는 날을 나눕니다.")),
    "workplaces": (N_("일터를 나눕니다"), N_("모둠마다 분야가 맞고 가까운 일터를 찾습니다.")),
    "feedback": (N_("날짜와 일터를 맞춥니다"), N_("일터가 모자란 날의 학급을 다른 날로 옮겨 봅니다.")),
    "fairness": (N_("학교 사이를 고르게 합니다"), N_("한 학교만 불리하지 않도록 다시 맞춥니다.")),
    "done": (N_("규칙을 다시 확인합니다"), N_("모든 규칙을 처음부터 다시 센 뒤 결과를 보여 드립니다.")),
    "survey": (
        N_("다른 대안을 찾습니다"),
        N_("1지망을 먼저 지키는 안부터 날짜가 가장 고른 안까지 하나씩 풉니다."),
    ),
    "repair": (N_("바뀐 곳을 메웁니다"), N_("가장 적게 바꾸며 빈자리를 채웁니다.")),
}

OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.FIRST: ("ok", N_("1지망")),
    Outcome.LATER: ("mid", N_("%(n)s지망")),
    Outcome.SHIFTED: ("mid", N_("희망 밖")),
    Outcome.UNPLACED: ("bad", N_("미배정")),
}


def kind_word(kind: str) -> str:
    """Return the name of a kind of message."""
    return gettext(KINDS[kind]) if kind in KINDS else kind


def action_word(action: str) -> str:
    """Return the name of an action in the history; an unknown one stays as it is."""
    return gettext(ACTIONS[action]) if action in ACTIONS else action


def subject_word(subject: str) -> str:
    """Return the name of a kind of subject."""
    return gettext(SUBJECTS[subject]) if subject in SUBJECTS else subject


def stage_words(stage: str) -> tuple[str, str]:
    """Return what the solver is doing, and what that means; of an unknown stage, that it works."""
    known = STAGES.get(stage) or next((words for key, words in STAGES.items() if stage.startswith(key)), None)
    if known is None:
        return gettext("계산하고 있습니다"), ""
    return gettext(known[0]), gettext(known[1])


class Served(Protocol):
    """A class of which is known what it got."""

    @property
    def outcome(self) -> Outcome:
        """In which way it was served."""

    @property
    def rank(self) -> int | None:
        """The rank of the wish that it got."""


def outcome_chip(row: Served) -> tuple[str, str]:
    """Return tone and word of what a plan gives a request: 1지망, 3지망, 희망 밖, 미배정."""
    tone, word = OUTCOMES[row.outcome]
    return tone, gettext(word, n=(row.rank or 0) + 1) if row.outcome is Outcome.LATER else gettext(word)


def rank_word(rank: int | None) -> str:
    """Return 2지망, or that the slot was not asked for."""
    return gettext("%(n)s지망", n=rank + 1) if rank is not None else gettext("희망 밖")
