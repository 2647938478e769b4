"""알림톡: a message of KakaoTalk, whose text Kakao has approved before; only its variables ``#{…}`` are filled in.

A template counts 1,000 characters with its variables filled (the provider's own documents); no variable may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from booking.domain.errors import InvalidInput

LONGEST = 1000
LONGEST_CODE = 60
LONGEST_BUTTON = 300
_VARIABLE = re.compile(r"#\{([^{}]*)\}")


class TemplateState(StrEnum):
    """심사 상태: only an approved template is used."""

    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"


class SentAs(StrEnum):
    """In which form a text message left, or arrived; the values are the provider's own."""

    ALIMTALK = "ATA"
    SMS = "SMS"
    LMS = "LMS"

    @classmethod
    def read(cls, text: object) -> SentAs | None:
        """The form with this name; nothing where it is none of ours."""
        return next((form for form in cls if form.value == text), None)


def names_in(text: str) -> tuple[str, ...]:
    """The names of the variables of a text, each once, in the order in which they come."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables filled.

    Raises:
        KeyError: a variable has no value.
    """
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def clean_body(text: str, known: frozenset[str]) -> str:
    """Return the text of a template as it is compared with the approved one: line ends alike, nothing around it.

    Raises:
        InvalidInput: it is empty or too long, or names a variable that this kind of message does not know.
    """
    body = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
    if not body:
        raise InvalidInput(field="body", reason="required")
    if len(body) > LONGEST:
        raise InvalidInput(field="body", reason="too_long")
    if not set(names_in(body)) <= known:
        raise InvalidInput(field="body", reason="unknown_variable")
    # Kakao approves no text that is a variable and nothing else
    if not _VARIABLE.sub("", body).strip():
        raise InvalidInput(field="body", reason="only_variables")
    return body


def clean_code(text: str) -> str:
    """Return the provider's name of a template.

    Raises:
        InvalidInput: it is empty, too long, or holds anything but letters, digits, ``-`` and ``_``.
    """
    code = text.strip()
    if not code:
        raise InvalidInput(field="code", reason="required")
    if len(code) > LONGEST_CODE or not re.fullmatch(r"[A-Za-z0-9_-]+", code):
        raise InvalidInput(field="code", reason="template_code")
    return code


def clean_button(text: str, known: frozenset[str]) -> str:
    """Return the address of a template's button, or nothing where it has none.

    Raises:
        InvalidInput: it does not begin with ``http://`` or ``https://``, or names an unknown variable.
    """
    button = text.strip()
    if not button:
        return ""
    if len(button) > LONGEST_BUTTON or not re.fullmatch(r"https?://\S+", button):
        raise InvalidInput(field="button", reason="web_address")
    if not set(names_in(button)) <= known:
        raise InvalidInput(field="button", reason="unknown_variable")
    return button
