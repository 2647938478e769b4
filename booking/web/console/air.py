"""미세먼지: who would be outdoors on a day, and the one action that asks for a repair indoors."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.clock import seoul_date
from booking.domain.air import read_half
from booking.domain.errors import Conflict, InvalidForm, InvalidInput
from booking.domain.school_year import DayBlocks
from booking.domain.states import ACTIVE_RUNS, RunKind, RunStatus
from booking.domain.vocabulary import Setting
from booking.queries import air as rows
from booking.queries import planning
from booking.services import air as services
from booking.services.terms import current_term
from booking.web.access import STAFF, allow, person
from booking.web.console.base import pages
from booking.web.database import clock, config, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
#: why a switch was not taken back
NOT_OFF: dict[str | None, str] = {
    "off": N_("이미 꺼져 있습니다."),
    "solving": N_("재배정을 계산하는 중이라 끄지 않았습니다. 몇 초 뒤에 다시 눌러 주세요."),
}


def _page(values: Mapping[str, str], faults: dict[str, str] | None = None, status: int = 200) -> tuple[str, int]:
    """The form; once a day is named, who would be outdoors; and what is switched on."""
    session = read()
    session.expire_all()
    term, today = current_term(session), seoul_date(clock().now())
    found, asked, all_faults = None, None, dict(faults or {})
    if values.get("date"):
        try:
            asked = read_half({name: [values.get(name, "")] for name in ("date", "blocks")}, today)
            slots = services.slots_of_half(session, term, *asked)
            if not slots:
                raise InvalidForm([InvalidInput(field="date", reason="out_of_term")])
        except InvalidForm as error:
            all_faults, status = {**sentences(error), **all_faults}, 422
        else:
            found = rows.outdoors(session, [slot.id for slot in slots])
    on = rows.switches(session, term.id, today)
    page = render_template(
        "web/console/air.html",
        found=found,
        date=asked[0] if asked else None,
        given={"date": values.get("date", "")[:10], "blocks": values.get("blocks", DayBlocks.ALL.value)[:9]},
        faults=all_faults,
        on=on,
        already={switch.slot_id for switch in on},
        left={switch.id: rows.outdoors(session, [switch.slot_id]).outdoor for switch in on},
        repair=planning.newest_run(session, term.id, [RunStatus.PROPOSED], RunKind.REPAIR),
        repairing=planning.newest_run(session, term.id, list(ACTIVE_RUNS), RunKind.REPAIR),
        counted={setting.value: number for setting, number in rows.counted(session).items()},
        outdoor=Setting.OUTDOOR.value,
        today=today,
    )
    return page, status


@pages.get("/air")
@allow(*STAFF)
def air() -> Page:
    """Who would be outdoors; nothing is done by looking."""
    return _page(request.args)


@pages.post("/air")
@allow(*STAFF)
def switch_air_on() -> Page:
    """Close the outdoor workplaces then, unless other groups are outdoors than those that were shown."""
    try:
        half = read_half(request.form.to_dict(flat=False), seoul_date(clock().now()))
        with write() as session:
            repair = services.switch_on(
                session, clock(), config(), person(), half, seen=request.form.get("seen", "")[:5000]
            )
    except InvalidForm as error:
        return _page(request.form, sentences(error), 422)
    except Conflict as error:
        if error.reason != "changed":
            raise
        flash(gettext("그사이 실외에 있는 모둠이 바뀌었습니다. 다시 보시고 한 번 더 눌러 주세요."), "mid")
        return _page(request.form, status=409)
    if repair is None:
        flash(gettext("켰습니다. 이 시간에는 실외 일터로 보내지 않습니다. 옮길 모둠은 없습니다."), "ok")
    else:
        flash(gettext("켰습니다. 실내로 옮길 안을 찾고 있습니다. 게시하기 전에는 아무도 옮기지 않습니다."), "ok")
    return redirect(url_for("console.air"), 303)


@pages.get("/air/repair")
@allow(*STAFF)
def air_repair() -> Page:
    """Makes the page load anew once the repair that it waits for has ended."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for("console.air"))
    session = read()
    at_work = planning.newest_run(session, current_term(session).id, list(ACTIVE_RUNS), RunKind.REPAIR)
    return Response("", headers={} if at_work else {"HX-Refresh": "true"})


@pages.post("/air/<int:number>/off")
@allow(*STAFF)
def switch_air_off(number: int) -> Page:
    """Open them again; a repair that was not published is put away."""
    try:
        with write() as session:
            put_away = services.switch_off(session, clock(), config(), person(), number)
    except Conflict as error:
        if error.reason not in NOT_OFF:
            raise
        flash(gettext(NOT_OFF[error.reason]), "mid")
        return redirect(url_for("console.air"), 303)
    flash(
        gettext("껐습니다. 게시하지 않은 재배정안을 버리고 실외 일터를 다시 열었습니다.")
        if put_away
        else gettext("껐습니다. 실외 일터를 다시 열었습니다. 이미 게시한 자리는 그대로입니다."),
        "ok",
    )
    return redirect(url_for("console.air"), 303)
