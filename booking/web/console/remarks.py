"""한마디: what was said beside the answers waits here until somebody has looked: shown, shortened, or hidden."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidInput, NotFound
from booking.domain.ids import RemarkId
from booking.domain.satisfaction import Doubt, RemarkState, doubts
from booking.queries import satisfaction
from booking.services.remarks import moderate
from booking.web.access import STAFF, allow, person
from booking.web.console.base import chosen, pages
from booking.web.database import clock, read, write
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
STATES = {RemarkState.NEW: N_("살펴볼 것"), RemarkState.SHOWN: N_("공개한 것"), RemarkState.HIDDEN: N_("가린 것")}
DOUBTS = {
    Doubt.TELEPHONE: N_("전화번호처럼 보이는 것"),
    Doubt.EMAIL: N_("전자우편 주소처럼 보이는 것"),
    Doubt.NAME: N_("사람 이름처럼 보이는 것"),
    Doubt.CLASS_NUMBER: N_("학년·반·번호처럼 보이는 것"),
}


def _page(status: int = 200, *, refused: int | None = None, faults: dict[str, str] | None = None) -> Page:
    session = read()
    state = chosen(RemarkState, "state") or RemarkState.NEW
    page = render_template(
        "web/console/remarks.html",
        state=state,
        remarks=satisfaction.remarks(session, state),
        day_of=satisfaction.day_of,
        doubts=lambda text: [gettext(DOUBTS[doubt]) for doubt in doubts(text)],
        tabs=[
            (
                url_for("console.remarks", state=one.value),
                gettext(text),
                satisfaction.remarks_waiting(session) if one is RemarkState.NEW else None,
                one is state,
            )
            for one, text in STATES.items()
        ],
        refused=refused,
        faults=faults or {},
        form=request.form,
    )
    return page, status


@pages.get("/satisfaction/remarks")
@allow(*STAFF)
def remarks() -> Page:
    """The remarks in a state; those that nobody has looked at first."""
    return _page()


@pages.post("/satisfaction/remarks/<int:remark_id>")
@allow(*STAFF)
def moderate_remark(remark_id: int) -> Page:
    """Show a remark as it stands in the form, or hide it and say why."""
    state = {"show": RemarkState.SHOWN, "hide": RemarkState.HIDDEN}.get(request.form.get("act", ""))
    if state is None:
        raise NotFound("neither shown nor hidden")
    try:
        with write() as session:
            moderate(
                session, clock(), person(), RemarkId(remark_id), state,
                seen=request.form.get("seen", 0, type=int) or 0,
                text=request.form.get("text", "")[:1_000],
                reason=request.form.get("reason", "")[:1_000],
            )  # fmt: skip
    except InvalidInput as error:
        return _page(422, refused=remark_id, faults=sentences(error))
    except Conflict:
        flash(gettext("그사이 한마디가 바뀌었거나 다른 분이 살펴보았습니다. 다시 보아 주세요."), "mid")
    else:
        done = gettext("한마디를 공개했습니다.") if state is RemarkState.SHOWN else gettext("한마디를 가렸습니다.")
        flash(done, "ok")
    return redirect(url_for("console.remarks", state=request.form.get("from") or None), 303)
