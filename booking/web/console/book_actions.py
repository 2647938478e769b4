"""What the history calls the things that are done in the books: sessions, registrations, quarters, years, the press."""

from __future__ import annotations

from booking.web.marking import N_

BOOKS: dict[str, str] = {
    "session_added": N_("회차 적음"),
    "session_changed": N_("회차 고침"),
    "registration_opened": N_("회차 신청 받기 시작"),
    "registration_changed": N_("회차 신청 조건 고침"),
    "registration_closed": N_("회차 신청 닫음"),
    "registration_reopened": N_("회차 신청 다시 엶"),
    "party_added": N_("프로그램 신청"),
    "party_changed": N_("프로그램 신청 인원 고침"),
    "party_withdrawn": N_("프로그램 신청 취소"),
    "party_offered": N_("프로그램 자리 제안"),
    "party_accepted": N_("프로그램 자리 수락"),
    "party_declined": N_("프로그램 자리 거절"),
    "party_expired": N_("프로그램 자리 제안 기한 지남"),
    "party_removed": N_("프로그램 신청 뺌"),
    "party_gathers": N_("자리 모으기 시작"),
    "party_let_go": N_("자리 모으기 그만둠"),
    "party_placed": N_("센터가 자리를 줌"),
    "party_moved": N_("다른 회차로 옮김"),
    "programme_added": N_("프로그램 종류 더함"),
    "programme_changed": N_("프로그램 종류 고침"),
    "quarter_frozen": N_("분기 마감"),
    "year_changed": N_("목표와 예산 고침"),
    "press_item_added": N_("언론보도 적음"),
    "press_item_changed": N_("언론보도 고침"),
    "press_item_removed": N_("언론보도 지움"),
    "volunteer_work_added": N_("자원봉사 적음"),
    "volunteer_work_changed": N_("자원봉사 고침"),
    "volunteer_work_removed": N_("자원봉사 지움"),
}
