"""Finds a name by a part of it, or by the initial consonants of its syllables (초성): ㄱㅇ finds 개웅중."""

from __future__ import annotations

import unicodedata

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
FIRST, LAST = 0xAC00, 0xD7A3
#: syllables that begin with the same consonant
PER_INITIAL = 588


def initials(text: str) -> str:
    """Return each syllable's first consonant; whatever is no syllable stays."""
    return "".join(
        INITIALS[(ord(sign) - FIRST) // PER_INITIAL] if FIRST <= ord(sign) <= LAST else sign for sign in text
    )


def plain(text: str) -> str:
    """Return a text as it is compared: composed, without blanks, in lower case."""
    return "".join(unicodedata.normalize("NFC", text).split()).casefold()


def found_in(wanted: str, name: str) -> bool:
    """Whether ``name`` holds what is wanted: as it is written, or, for consonants alone, by its initials."""
    part, whole = plain(wanted), plain(name)
    if not part:
        return False
    return part in whole or (all(sign in INITIALS for sign in part) and part in initials(whole))
