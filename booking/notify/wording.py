"""The templates' own Jinja environment: Babel's translations, Korean dates, no request and no Flask.

An undefined name is an error, so that a message with a hole in it never leaves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from booking import paths
from booking.domain.vocabulary import Language
from booking.notify.phrases import Phrases


def translations(language: Language) -> NullTranslations:
    """The catalogue of a language; Korean is the source and needs none."""
    if language is Language.KO:
        return NullTranslations()
    return Translations.load(str(paths.translations_folder()), [language.value], domain="messages")


@lru_cache(maxsize=2)
def environment(language: Language) -> Environment:
    """The environment of a language, made once per process."""
    catalogue = translations(language)
    env = Environment(
        loader=FileSystemLoader(paths.templates_folder()),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    installer: Any = env
    installer.install_gettext_callables(catalogue.ugettext, catalogue.ungettext, newstyle=True)
    words = Phrases(language, catalogue)
    env.globals["words"] = words
    for name in ("day", "short_day", "month_day", "clock", "block", "class_name"):
        env.filters[name] = getattr(words, name)
    return env
