"""The ways to a text: the catalogue of the page's language, values filled in, markup escaped."""

from __future__ import annotations

import pytest
from flask import current_app, render_template_string
from flask_babel import force_locale
from flask_babel import gettext as library_gettext

from booking.web.marking import catalogue, gettext, init_marking, language_of_page, ngettext
from tests.unit.web.conftest import Speak

TEXTS = ("일터", "학교", "%(count)s명")


def test_a_text_is_that_of_the_library_in_every_language(speak: Speak) -> None:
    for language in ("ko", "en", "ko"):
        speak(language)
        assert language_of_page() == language
        assert [gettext(text) for text in TEXTS] == [library_gettext(text) for text in TEXTS]
    assert gettext("일터") == "일터"
    with force_locale("en"):
        assert gettext("일터") != "일터"
        assert ngettext("%(count)s명", "%(count)s명", 1, count=1) != ngettext("%(count)s명", "%(count)s명", 2, count=2)
    assert gettext("일터") == "일터"


def test_outside_a_page_a_text_is_its_source() -> None:
    assert language_of_page() == ""
    assert catalogue().ugettext("일터") == "일터"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ _('일터') }}", "일터"),
        ("{{ _('<b>%(name)s</b>', name='<i>') }}", "<b>&lt;i&gt;</b>"),
        ("{{ _('10%% 더') }} {{ _('%(n)s%%', n=5) }}", "10% 더 5%"),
        ("{{ ngettext('%(num)s명', '%(num)s명', 3) }}", "3명"),
        ("{% autoescape false %}{{ _('%(name)s', name='<i>') }}{% endautoescape %}", "<i>"),
    ],
)
def test_templates_have_values_filled_in_and_escaped(speak: Speak, template: str, shown: str) -> None:
    speak("ko")
    init_marking(current_app._get_current_object())  # type: ignore[attr-defined]
    assert render_template_string(template) == shown
