"""The demo's KakaoTalk: which templates it has approved, and which telephones have it."""

from __future__ import annotations

from booking.domain.vocabulary import Language
from booking.notify.alimtalk_variables import KINDS
from booking.notify.catalogue import Kind

#: the demo's channel (발신 프로필)
CHANNEL = "KA01PF0000"


def template_code(kind: Kind, language: Language) -> str:
    """Under which code this KakaoTalk has approved the suggested text of a kind."""
    return f"KA01TP0000-{kind}-{language}"


APPROVED = {template_code(kind, language): (kind, language) for kind in KINDS for language in Language}


def has_kakaotalk(number: str) -> bool:
    """Whether a telephone shows an 알림톡; where it does not, the text message that stands in goes there."""
    return not number.endswith("9")
