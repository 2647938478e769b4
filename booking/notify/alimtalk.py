"""Fills an approved 알림톡 template from a message's facts, and suggests the text that a centre may have approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from jinja2 import Template, TemplateError

from booking import paths
from booking.domain.alimtalk import LONGEST, fill, names_in
from booking.domain.vocabulary import Language
from booking.notify.alimtalk_variables import LINKS, variables_of
from booking.notify.catalogue import Kind
from booking.notify.rendering import CannotRender, Letter
from booking.notify.wording import environment


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its variables filled: what KakaoTalk will show, and what the provider is given for it."""

    text: str = field(repr=False)
    #: as the provider names them: ``#{학교}``
    variables: dict[str, str] = field(repr=False)


def render_alimtalk(letter: Letter, body: str, button: str) -> Filled:
    """Fill the variables of a template's body and button.

    Raises:
        CannotRender: a fact is missing, a variable would be empty, or the filled text is longer than Kakao takes; the
            message then goes as the text message that it otherwise is.
    """
    known = variables_of(letter.kind)
    context, values = letter.context(), {}
    try:
        for name in names_in(f"{body}\n{button}"):
            values[name] = _compiled(letter.language, known[name].template).render(context).strip()
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        raise CannotRender(f"alimtalk/{letter.kind}: {type(error).__name__}", reason="facts") from error
    if not all(values.values()):
        raise CannotRender(f"alimtalk/{letter.kind}: an empty variable", reason="facts")
    text = fill(body, values)
    if len(text) > LONGEST:
        raise CannotRender(f"alimtalk/{letter.kind}: {len(text)} characters", reason="alimtalk_too_long")
    return Filled(text, {f"#{{{name}}}": value for name, value in values.items()})


def carries_link(body: str, button: str) -> bool:
    """Whether a template shows the private link of its reader."""
    return not LINKS.isdisjoint(names_in(f"{body}\n{button}"))


def sample(kind: Kind, language: Language, text: str) -> str:
    """The text with an example in the place of each variable that its kind knows; the others stay as they are."""
    known = variables_of(kind)
    values: Mapping[str, str] = {
        name: f"#{{{name}}}"
        if name not in known
        else known[name].korean
        if language is Language.KO
        else known[name].english
        for name in names_in(text)
    }
    return fill(text, values)


@lru_cache(maxsize=256)
def _compiled(language: Language, text: str) -> Template:
    return environment(language).from_string(text)


@lru_cache(maxsize=64)
def suggestion(kind: Kind, language: Language) -> str:
    """A text that may be handed in for approval as it is."""
    file = paths.templates_folder() / "alimtalk" / language.value / f"{kind}.txt"
    return file.read_text(encoding="utf-8").strip()
