"""The office's menu: sections, and the pages of a section. A new page is a line here; nothing else names it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request, url_for

from booking.domain.vocabulary import Role
from booking.web.access import STAFF, person
from booking.web.console.base import pages, waiting
from booking.web.marking import N_, gettext

ADMINISTRATOR = (Role.ADMINISTRATOR,)
EVERYBODY = (Role.OFFICER, *STAFF)


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu: its endpoint within the console, its name, and who sees it."""

    endpoint: str
    name: str
    roles: tuple[Role, ...] = STAFF


@dataclass(frozen=True, slots=True)
class Section:
    """One word of the main menu; it leads to the first of its pages that the person may see."""

    name: str
    entries: tuple[Entry, ...]


MENU: tuple[Section, ...] = (
    Section(
        N_("할 일"),
        (
            Entry("home", N_("할 일")),
            Entry("changes", N_("학교가 알린 변경")),
            Entry("workplace_notes", N_("일터가 남긴 말")),
            Entry("call_list", N_("전화할 곳")),
        ),
    ),
    Section(
        N_("배정"),
        (
            Entry("runs", N_("배정")),
            Entry("requests", N_("신청")),
            Entry("offers", N_("조정 제안")),
            Entry("drills", N_("비상 연습")),
            Entry("sandboxes", N_("연습장")),
        ),
    ),
    Section(
        N_("방문"),
        (
            Entry("visits", N_("방문")),
            Entry("answers", N_("일터 응답")),
            Entry("missing_attendance", N_("참석 인원")),
            Entry("dispatches", N_("인솔 파견")),
            Entry("called_off_days", N_("하루 취소")),
            Entry("air", N_("미세먼지")),
        ),
    ),
    Section(
        N_("등록부"),
        (
            Entry("workplaces", N_("일터")),
            Entry("schools", N_("학교")),
            Entry("coaches", N_("진로코치")),
            Entry("days", N_("쉬는 날")),
            Entry("duplicates", N_("겹치는 일터")),
            Entry("upload_sheet", N_("표 올리기")),
            Entry("search", N_("찾기")),
        ),
    ),
    Section(
        N_("알림"),
        (
            Entry("messages", N_("알림")),
            Entry("announcements", N_("상시 안내")),
            Entry("alimtalk", N_("알림톡")),
            Entry("sending", N_("알림 멈춤")),
        ),
    ),
    Section(
        N_("실적"),
        (
            Entry("figures", N_("학기 실적"), EVERYBODY),
            Entry("dashboard", N_("한눈에"), EVERYBODY),
            Entry("ledger", N_("실적 장부"), EVERYBODY),
            Entry("sessions", N_("회차")),
            Entry("satisfaction_trend", N_("만족도"), EVERYBODY),
            Entry("mentors", N_("일터멘토 교육")),
            Entry("press", N_("언론보도")),
            Entry("volunteers", N_("자원봉사")),
            Entry("targets", N_("목표와 예산"), EVERYBODY),
            Entry("quarters", N_("분기 마감"), EVERYBODY),
            Entry("reports", N_("분기 보고"), EVERYBODY),
            Entry("programmes", N_("프로그램의 종류"), ADMINISTRATOR),
        ),
    ),
    Section(
        N_("센터"),
        (
            Entry("people", N_("사용자 관리")),
            Entry("terms", N_("학기")),
            Entry("policy", N_("배정 규칙")),
            Entry("settings", N_("설정")),
            Entry("sender_numbers", N_("발신번호")),
            Entry("audit", N_("기록"), ADMINISTRATOR),
            Entry("privacy", N_("개인정보"), ADMINISTRATOR),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the menu as a page shows it."""

    href: str
    name: str
    here: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Menu:
    """The main menu, and the pages of the section in which the reader is."""

    sections: tuple[Link, ...]
    pages: tuple[Link, ...]


def _nearest(path: str, addresses: list[str]) -> str | None:
    """Return the longest of these addresses at or above a path; the console's root is above nothing but itself."""
    home = url_for("console.home")
    above = [at for at in addresses if path == at or (at != home and path.startswith(at + "/"))]
    return max(above, key=len, default=None)


def menu() -> Menu:
    """Return the menu for the person at the page, reckoned once for a page.

    Somebody who may see nothing has an empty one.
    """
    kept: Menu | None = g.get("console_menu")
    if kept is None:
        kept = g.console_menu = _menu_of(person().role)
    return kept


def _menu_of(role: Role) -> Menu:
    seen = [
        (section, [(entry, url_for(f"console.{entry.endpoint}")) for entry in section.entries if role in entry.roles])
        for section in MENU
    ]
    seen = [(section, entries) for section, entries in seen if entries]
    here = _nearest(request.path, [address for _, entries in seen for _, address in entries])
    sections: list[Link] = []
    below: tuple[Link, ...] = ()
    for section, entries in seen:
        inside = here in {address for _, address in entries}
        count = waiting() if entries[0][0].endpoint == "home" else 0
        sections.append(Link(entries[0][1], gettext(section.name), inside, count))
        if inside and len(entries) > 1:
            below = tuple(Link(address, gettext(entry.name), address == here) for entry, address in entries)
    return Menu(tuple(sections), below)


@pages.app_context_processor
def _menu() -> dict[str, object]:
    return {"console_menu": menu}
