"""Translation with types, and the mark of a text that stands in a table until it is shown.

A page has more than a thousand texts, so what is asked for each of them is little: the library's own way through its
context for every single one was a third of the time of a large page.
"""

from __future__ import annotations

from typing import Any

import flask_babel
from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

#: by language; a catalogue is read once for a process
_CATALOGUES: dict[str, NullTranslations] = {}


def language_of_page() -> str:
    """Return ``ko`` or ``en``; nothing outside a page."""
    # where the library keeps what it has chosen: to ask it each time is most of what a text costs
    kept = g.get("_flask_babel") if has_app_context() else None
    locale = getattr(kept, "babel_locale", None) or flask_babel.get_locale()
    return "" if locale is None else str(locale.language)


def catalogue() -> NullTranslations:
    """Return the texts in the language of the page; outside a page the source, which is Korean."""
    language = language_of_page()
    found = _CATALOGUES.get(language)
    if found is None:
        found = flask_babel.get_translations()
        if language:
            _CATALOGUES[language] = found
    return found


def N_(text: str) -> str:  # noqa: N802 - the name by which the collector of texts knows it
    """Return ``text`` as it is, marked for translation."""
    return text


def gettext(text: str, **values: object) -> str:
    """Return ``text`` in the language of the page, with its values filled in."""
    found = str(catalogue().ugettext(text))
    return found % values if values else found


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form that belongs to ``num`` in the language of the page, with its values filled in."""
    return str(catalogue().ungettext(one, many, num)) % {"num": num, **values}


def _filled(context: EvalContext, text: str, values: dict[str, Any]) -> str:
    """Fill values in, escaped where the template escapes; ``%%`` stands for a percent sign with and without them."""
    if not context.autoescape:
        return text % values
    return Markup(text) % values if values or "%" in text else Markup(text)  # noqa: S704 - a text of ours, no input


@pass_eval_context
def _in_template(context: EvalContext, text: str, /, **values: Any) -> str:
    return _filled(context, str(catalogue().ugettext(text)), values)


@pass_eval_context
def _counted_in_template(context: EvalContext, one: str, many: str, num: int, /, **values: Any) -> str:
    return _filled(context, str(catalogue().ungettext(one, many, num)), {"num": num, **values})


def init_marking(app: Flask) -> None:
    """Give the templates of ``app`` these ways to a text, in place of the library's."""
    app.jinja_env.globals.update({"_": _in_template, "gettext": _in_template, "ngettext": _counted_in_template})
