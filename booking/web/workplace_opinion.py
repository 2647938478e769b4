"""How it was: the few questions that a workplace answers about its day on its link. GET changes nothing."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from werkzeug.wrappers import Response as AnyResponse

from booking.domain.errors import InvalidForm, InvalidInput, NotNow
from booking.domain.satisfaction import STEPS
from booking.services.satisfaction import OpinionSheet, give_opinion, opinion_sheet
from booking.web.database import clock, read, write
from booking.web.problems import sentences
from booking.web.workplace_frame import language_links, outside_csrf, pages, private, reader_language

#: what comes in is kept so far, so that a person can shorten it
LONGEST_TYPED = 1_000


def _page(
    found: OpinionSheet, token: str, chosen: dict[str, str], remark: str, faults: dict[str, str], status: int
) -> AnyResponse:
    with force_locale(reader_language(found.sheet.workplace)):
        text = render_template(
            "web/workplace/opinion.html",
            found=found,
            sheet=found.sheet,
            token=token,
            chosen=chosen,
            remark=remark,
            faults=faults,
            steps=STEPS,
            lang=request.args.get("lang"),
            lang_links=language_links("opinion", token),
        )
    return make_response(text, status)


def _stored(found: OpinionSheet, token: str, status: int = 200) -> AnyResponse:
    chosen = {code: str(answer) for code, answer in found.given.items()}
    return _page(found, token, chosen, found.remark.text if found.remark is not None else "", {}, status)


@pages.get("/<token>/opinion")
@private
def opinion(token: str) -> AnyResponse:
    """The questions, with what was answered before; after the time to correct it, what was answered alone."""
    return _stored(opinion_sheet(read(), clock(), token), token)


@pages.post("/<token>/opinion")
@outside_csrf
@private
def save_opinion(token: str) -> AnyResponse:
    """Keep the answers. The same once more change nothing."""
    found = opinion_sheet(read(), clock(), token)
    typed = {question.code: request.form.get(f"q-{question.code}", "")[:9] for question in found.questions}
    remark = request.form.get("remark", "")[:LONGEST_TYPED]
    answers = {code: int(text) if text.isascii() and text.isdigit() else 0 for code, text in typed.items() if text}
    try:
        with write() as session:
            give_opinion(session, clock(), token, answers, remark)
    except NotNow:
        return _stored(opinion_sheet(read(), clock(), token), token, 409)
    except (InvalidForm, InvalidInput) as error:
        return _page(found, token, typed, remark, sentences(error), 422)
    return redirect(url_for("workplace.done", token=token, what="opinion", lang=request.args.get("lang")), 303)
