"""Has everything ready before the first page: what is compiled when it is first asked for is somebody's wait.

Measured: all templates take 4.6 s, once in each process; that was most of the slow pages of a service's first minute.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import force_locale, get_translations
from sqlalchemy.orm import configure_mappers

from booking.domain.vocabulary import Language

#: templates that are pages; messages are filled by the workers, from an environment of their own
PAGES = "web/"


def warm_up(app: Flask) -> int:
    """Compile the pages, read the languages and join the models; returns how many templates are ready.

    Opens no connection, so that processes may be forked afterwards.
    """
    configure_mappers()
    names = [name for name in app.jinja_env.list_templates() if name.startswith(PAGES)]
    with app.test_request_context():
        for name in names:
            app.jinja_env.get_template(name)
        for language in Language:
            with force_locale(language.value):
                get_translations()
    return len(names)
