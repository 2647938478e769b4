"""How long a text message is, and whether a Korean carrier can carry it.

Carriers take CP949: a Hangul syllable is two bytes, an SMS 90 bytes, an LMS 2,000 (the providers' own documents).
Python's ``euc_kr`` must not count: it writes 똠 and 8,821 other syllables as eight bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

SMS_BYTES = 90
LMS_BYTES = 2000
LMS_SUBJECT_BYTES = 40

#: what word processors and telephones put in, and what a carrier knows instead
LOOK_ALIKES = str.maketrans(
    {
        "\u00a0": " ",  # no-break space
        "\u2002": " ",
        "\u2003": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\t": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",  # minus sign
        "\u2022": "\u00b7",  # bullet: middle dot
        "\u30fb": "\u00b7",
        "\u20a9": "\uffe6",  # won sign: its full-width form
        "\u301c": "\uff5e",  # wave dash
        "\u00a9": "(c)",
        "\u201e": "\u201c",
        "\u2032": "'",
        "\u2033": '"',
    }
)


class SmsKind(StrEnum):
    """By which service a text goes, and at which price."""

    SMS = "SMS"
    LMS = "LMS"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a carrier will make of a text: ``size`` in bytes; ``kind`` None where it cannot go at all."""

    text: str
    size: int
    kind: SmsKind | None
    #: characters that no carrier can carry: the text is refused
    unencodable: tuple[str, ...] = ()
    #: syllables outside KS X 1001, which a strict relay may garble: worth a warning
    risky: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What a preview says: ``SMS 89/90``, ``LMS 101/2000``."""
        if self.kind is None:
            return f"{self.size}/{LMS_BYTES}"
        return f"{self.kind} {self.size}/{SMS_BYTES if self.kind is SmsKind.SMS else LMS_BYTES}"


def tidy(text: str) -> str:
    """Return the text as it leaves: composed syllables, LF line ends, look-alikes replaced, nothing invisible in it."""
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(LOOK_ALIKES)
    return "".join(char for char in composed if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf"}).strip()


def size_in_bytes(text: str) -> int:
    """Bytes in CP949; a character that has none counts as the two of its replacement."""
    return sum(len(_bytes(char) or b"??") for char in text)


def shorten(text: str, limit: int) -> str:
    """Cut the text after ``limit`` bytes, never inside a character."""
    while size_in_bytes(text) > limit:
        text = text[:-1]
    return text.rstrip()


def measure(text: str) -> Measure:
    """Tidy a text and say how it can go."""
    tidied = tidy(text)
    unencodable = tuple(sorted({char for char in tidied if _bytes(char) is None}))
    risky = tuple(sorted({char for char in tidied if char not in unencodable and not _in_ks_x_1001(char)}))
    size = size_in_bytes(tidied)
    kind = SmsKind.SMS if size <= SMS_BYTES else SmsKind.LMS if size <= LMS_BYTES else None
    return Measure(tidied, size, None if unencodable else kind, unencodable, risky)


def _bytes(char: str) -> bytes | None:
    try:
        return char.encode("cp949")
    except UnicodeEncodeError:
        return None


def _in_ks_x_1001(char: str) -> bool:
    try:
        return len(char.encode("euc_kr")) <= 2
    except UnicodeEncodeError:
        return False
