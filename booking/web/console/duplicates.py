"""겹치는 일터: pairs that look like one workplace; two side by side, chosen field by field, and merged."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Conflict, InvalidForm, NotFound
from booking.domain.ids import WorkplaceId
from booking.domain.merging import CHOICES, KEEP, OTHER, chosen
from booking.domain.standing import Hit
from booking.domain.vocabulary import Level
from booking.models.workplaces import Workplace
from booking.queries import duplicates as rows
from booking.queries.paging import slice_of
from booking.services.workplace_merging import clashes, merge, say_distinct
from booking.services.workplaces import find_workplace
from booking.web.access import STAFF, allow, person
from booking.web.console.base import page_links, page_number, pages
from booking.web.console.register_words import field_word, hit_word, value_word
from booking.web.database import clock, config, read, write
from booking.web.formats import mask_email, mask_name, mask_phone
from booking.web.marking import N_, gettext
from booking.web.problems import sentences

Page = str | tuple[str, int] | Response
PAIRS_PER_PAGE = 25
#: choices of several columns, or of none
NAMES: dict[str, str] = {
    "sizes": N_("모둠 인원"),
    "budgets": N_("받는 모둠 수"),
    "prepares": N_("준비물"),
    "briefing": N_("안내 자료"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One choice on the page: what either of the two has."""

    name: str
    word: str
    keep: str
    other: str

    @property
    def differs(self) -> bool:
        """Whether there is anything to choose."""
        return self.keep != self.other


def _text(place: Workplace, name: str) -> str:
    """What a workplace has for a choice, in a line; a contact as far as anybody may see it unasked."""
    if name == "hours":
        halves = sorted(f"{row.weekday}-{row.block.value}" for row in place.hours)
        return value_word("hours", halves) if halves else ""
    if name == "contact":
        one = place.contact
        if one is None:
            return ""
        shown = (mask_name(one.name), one.title, mask_phone(one.phone), mask_email(one.email))
        return " · ".join(text for text in shown if text)
    values = [getattr(place, column) for column in CHOICES[name] if column not in {"lat", "lon"}]
    if name == "sizes":
        return "–".join(str(value) for value in values)
    if name == "budgets":
        return " · ".join(
            f"{field_word(column)} {value}"
            for column, value in zip(CHOICES[name], values, strict=True)
            if value is not None
        )
    if name == "levels":
        return value_word(name, sorted(values[0], key=list(Level).index))
    return "" if values[0] in (None, "") else value_word(name, values[0])


def _lines(keep: Workplace, other: Workplace) -> list[Line]:
    return [
        Line(name, gettext(NAMES[name]) if name in NAMES else field_word(name), _text(keep, name), _text(other, name))
        for name in CHOICES
    ]


@pages.get("/duplicates")
@allow(*STAFF)
def duplicates() -> Page:
    """Pairs of workplaces that look like one."""
    found = rows.duplicates(read())
    return render_template(
        "web/console/duplicates.html",
        page=slice_of(found, page_number(), PAIRS_PER_PAGE),
        href=page_links(),
        mask_phone=mask_phone,
    )


@pages.post("/duplicates/distinct")
@allow(*STAFF)
def distinct() -> Page:
    """Remember that two that look alike are two."""
    one, other = (WorkplaceId(request.form.get(name, 0, type=int)) for name in ("one", "other"))
    try:
        with write() as session:
            say_distinct(session, clock(), person(), one, other)
    except InvalidForm as error:
        raise NotFound("one workplace twice") from error
    flash(gettext("서로 다른 일터로 적어 두었습니다. 다시 묻지 않습니다."), "ok")
    return redirect(url_for("console.duplicates"), 303)


def _merge_page(keep_id: int, other_id: int, faults: dict[str, str], status: int = 200) -> Page:
    session = read()
    keep, other = (find_workplace(session, WorkplaceId(number)) for number in (keep_id, other_id))
    if keep.id == other.id or keep.merged_into_id is not None or other.merged_into_id is not None:
        raise NotFound(f"workplaces {keep_id} and {other_id} are not two")
    taken = chosen(request.form)
    page = render_template(
        "web/console/merge.html",
        keep=keep,
        other=other,
        lines=_lines(keep, other),
        taken=taken,
        clashes=clashes(session, clock(), keep, other, taken),
        clash_word=_clash_word,
        faults=faults,
        choices=(KEEP, OTHER),
    )
    return page, status


def _clash_word(why: Hit | str) -> str:
    return hit_word(why) if isinstance(why, Hit) else gettext("같은 학급이 두 곳 모두에 감")


@pages.get("/workplaces/<int:keep_id>/merge/<int:other_id>")
@allow(*STAFF)
def merging(keep_id: int, other_id: int) -> Page:
    """Two workplaces side by side: which of them stays, and what it takes over from the other."""
    return _merge_page(keep_id, other_id, {})


@pages.post("/workplaces/<int:keep_id>/merge/<int:other_id>")
@allow(*STAFF)
def save_merge(keep_id: int, other_id: int) -> Page:
    """Make the two one, or show what speaks against it."""
    seen = (request.form.get("seen_keep", 0, type=int), request.form.get("seen_other", 0, type=int))
    try:
        with write() as session:
            merge(
                session, clock(), config(), person(), WorkplaceId(keep_id), WorkplaceId(other_id),
                chosen(request.form), seen=seen,
            )  # fmt: skip
    except InvalidForm as error:
        read().expire_all()
        return _merge_page(keep_id, other_id, sentences(error), 422)
    except Conflict as error:
        read().expire_all()
        if error.reason == "merged":
            return redirect(url_for("console.workplace", workplace_id=keep_id), 303)
        flash(gettext("그사이 다른 분이 고쳤습니다. 다시 보시고 합쳐 주세요. 아무것도 바꾸지 않았습니다."), "mid")
        return _merge_page(keep_id, other_id, {}, 409)
    flash(gettext("한 일터로 합쳤습니다."), "ok")
    return redirect(url_for("console.workplace", workplace_id=keep_id), 303)
