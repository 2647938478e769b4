"""Accounts: teachers by school, invitations and what became of them, a change of school, the office's own roles.

Teachers' accounts are kept by coordinators and administrators, those of the office by administrators alone.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.entry import AccountState
from booking.domain.errors import InvalidForm, NotFound
from booking.domain.ids import SchoolId, UserId
from booking.domain.vocabulary import Language, Role
from booking.models.people import User
from booking.queries import people as rows
from booking.services import invitations, keeping, posts, second_factor
from booking.services.history import record_access
from booking.services.invitations import OFFICE, Invited
from booking.services.successors import hand_over
from booking.web.access import STAFF, allow, person
from booking.web.console.base import View, pages
from booking.web.database import clock, read, write
from booking.web.marking import gettext
from booking.web.problems import sentences

LONGEST_SEARCH = 80
Done = Callable[[Session], User]


def _may_keep(role: Role) -> bool:
    return role not in OFFICE or person().role is Role.ADMINISTRATOR


def _school_id(name: str = "school") -> SchoolId | None:
    text = request.values.get(name, "")
    return SchoolId(int(text)) if text.isdecimal() and len(text) < 10 else None


def _back(user_id: int, text: str) -> Response:
    flash(text, "ok")
    return redirect(url_for("console.account", user_id=user_id), 303)


@pages.get("/people")
@allow(*STAFF)
def people() -> View:
    """Teachers by school, or with ``who=office`` the office; addresses are masked."""
    session, today = read(), seoul_date(clock().now())
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    shows_office = request.args.get("who") == "office"
    return render_template(
        "web/console/people.html",
        text=text,
        shows_office=shows_office,
        rows=[] if shows_office else rows.schools(session, today, text),
        loose=[] if shows_office or text else rows.without_school(session, today),
        office=rows.office(session) if shows_office else [],
    )


def _invite_page(faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    page = render_template(
        "web/console/invite.html",
        faults=faults or {},
        given=request.values,
        schools=rows.school_names(read()),
        roles=list(Role) if person().role is Role.ADMINISTRATOR else [Role.TEACHER],
        languages=list(Language),
    )
    return page, status


@pages.get("/people/invite")
@allow(*STAFF)
def invite_form() -> tuple[str, int]:
    """Whom to invite."""
    return _invite_page()


@pages.post("/people/invite")
@allow(*STAFF)
def invite() -> Response | tuple[str, int]:
    """Invite; where the address has an account already, that one gets the school."""
    role, language = request.form.get("role", Role.TEACHER.value), request.form.get("language", "")
    wanted = Invited(
        email=request.form.get("email", ""),
        name=request.form.get("name", ""),
        role=Role(role) if role in set(Role) else Role.TEACHER,
        school_id=_school_id(),
        title=request.form.get("title", ""),
        language=Language(language) if language in set(Language) else Language.KO,
    )
    try:
        with write() as session:
            user, new = invitations.invite(session, clock(), person(), wanted)
    except InvalidForm as error:
        return _invite_page(sentences(error), 422)
    if new:
        return _back(user.id, gettext("초대했습니다. 메일이 나가면 상태가 바뀝니다."))
    return _back(user.id, gettext("이 주소에는 계정이 있어, 새 계정 대신 학교를 더하고 메일로 알렸습니다."))


def _account_page(
    user_id: int, *, revealed: bool = False, faults: dict[str, str] | None = None, moving: int = 0, leaving: int = 0
) -> str:
    session = read()
    found = rows.account(session, UserId(user_id))
    if found is None:
        raise NotFound(f"user {user_id}")
    return render_template(
        "web/console/account.html",
        found=found,
        user=found.user,
        posts=rows.all_posts(session, found.user.id),
        last=rows.last_sign_in(session, found.user.id),
        schools=rows.school_names(session),
        today=seoul_date(clock().now()),
        may_keep=_may_keep(found.user.role),
        own=found.user.id == person().user_id,
        roles=OFFICE if person().role is Role.ADMINISTRATOR and found.user.role in OFFICE else (),
        waits=found.user.invited_at is not None,
        can_switch_on=found.state is AccountState.OFF,
        revealed=revealed,
        faults=faults or {},
        moving=moving,
        leaving=leaving,
        given=request.form,
    )


@pages.get("/people/<int:user_id>")
@allow(*STAFF)
def account(user_id: int) -> View:
    """One account: its state, its schools, what can be done. Its contact is masked."""
    return _account_page(user_id)


@pages.post("/people/<int:user_id>/contact")
@allow(*STAFF)
def reveal_account(user_id: int) -> View:
    """Show the contact for this one view, and log who looked."""
    with write() as session:
        if rows.account(session, UserId(user_id)) is None:
            raise NotFound(f"user {user_id}")
        record_access(session, person(), "reveal_contact", "user", user_id)
    return _account_page(user_id, revealed=True)


@pages.post("/people/<int:user_id>/invite-again")
@allow(*STAFF)
def invite_again(user_id: int) -> Response:
    """Send the invitation once more with a new link."""
    with write() as session:
        invitations.invite_again(session, clock(), person(), UserId(user_id))
    return _back(user_id, gettext("초대를 다시 보냅니다. 앞서 보낸 링크는 닫았습니다."))


@pages.post("/people/<int:user_id>/withdraw")
@allow(*STAFF)
def withdraw_invitation(user_id: int) -> Response:
    """Take the invitation back."""
    with write() as session:
        invitations.withdraw(session, clock(), person(), UserId(user_id))
    return _back(user_id, gettext("초대를 거두었습니다. 보낸 링크는 이제 열리지 않습니다."))


@pages.post("/people/<int:user_id>/switch-off")
@allow(*STAFF)
def switch_off(user_id: int) -> Response:
    """Switch an account off; it is out at once."""
    with write() as session:
        keeping.switch_off(session, clock(), person(), UserId(user_id))
    return _back(user_id, gettext("계정을 껐습니다. 로그인되어 있던 기기에서도 바로 로그아웃됩니다."))


@pages.post("/people/<int:user_id>/switch-on")
@allow(*STAFF)
def switch_on(user_id: int) -> Response:
    """Switch an account on again."""
    with write() as session:
        keeping.switch_on(session, person(), UserId(user_id))
    return _back(user_id, gettext("계정을 다시 켰습니다."))


@pages.post("/people/<int:user_id>/role")
@allow(Role.ADMINISTRATOR)
def change_role(user_id: int) -> Response:
    """Give an account of the office another role."""
    chosen = request.form.get("role", "")
    with write() as session:
        # an unknown role is refused like a teacher's: neither is one of the office
        keeping.set_role(session, person(), UserId(user_id), Role(chosen) if chosen in set(Role) else Role.TEACHER)
    return _back(user_id, gettext("역할을 바꾸었습니다."))


@pages.post("/people/<int:user_id>/second-factor/reset")
@allow(Role.ADMINISTRATOR)
def reset_second_factor(user_id: int) -> Response:
    """Take away the second factor of somebody who has lost the telephone and the codes."""
    with write() as session:
        second_factor.reset(session, clock(), person(), UserId(user_id))
    return _back(user_id, gettext("두 번째 확인을 지웠습니다. 다음 로그인에서 새로 맞춥니다."))


@pages.post("/people/<int:user_id>/posts/<int:post_id>/end")
@allow(*STAFF)
def end_post(user_id: int, post_id: int) -> Response | tuple[str, int]:
    """Let a teacher leave a school from today on, and a successor take over where one is named."""
    email, name = request.form.get("email", "").strip(), request.form.get("name", "").strip()
    if not email and not name:
        with write() as session:
            posts.end_post(session, clock(), person(), UserId(user_id), post_id)
        return _back(user_id, gettext("오늘부터 이 학교를 맡지 않습니다."))
    title = request.form.get("title", "")
    try:
        with write() as session:
            successor, new = hand_over(
                session, clock(), person(), UserId(user_id), post_id, email=email, name=name, title=title
            )
    except InvalidForm as error:
        read().expire_all()
        return _account_page(user_id, faults=sentences(error), leaving=post_id), 422
    if new:
        return _back(successor.id, gettext("학교를 넘기고 후임 선생님을 초대했습니다."))
    return _back(successor.id, gettext("학교를 넘겼습니다. 후임 선생님의 계정에 학교를 더하고 메일로 알렸습니다."))


@pages.post("/people/<int:user_id>/posts/<int:post_id>/move")
@allow(*STAFF)
def move_post(user_id: int, post_id: int) -> Response | tuple[str, int]:
    """Let a teacher change schools today."""
    try:
        with write() as session:
            posts.move_teacher(
                session,
                clock(),
                person(),
                UserId(user_id),
                post_id,
                school_id=_school_id(),
                title=request.form.get("title", ""),
            )
    except InvalidForm as error:
        return _account_page(user_id, faults=sentences(error), moving=post_id), 422
    return _back(user_id, gettext("학교를 바꾸고 메일로 알렸습니다. 이제 새 학교의 신청과 방문만 보입니다."))
