"""같은 곳인가: two entries of the register that are likely one workplace, by telephone, or by name and address.

Names and addresses are compared by the letters of Hangul, without blanks, signs and the forms of companies. Numbers in
them have to be the same: branch 1 is not branch 2, and number 10 of a road is not its number 12.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from rapidfuzz import fuzz

from booking.domain.sheet_rows import plain

#: per cent of letters in common, in their order
NAMES, NAMES_ALONE, ADDRESSES = 85, 94, 85
#: a telephone number shorter than this is a short dial that many share
FEWEST_DIGITS = 9
#: a name of fewer syllables may be alike with only one of them the same
SHORT = 6
_FORMS = re.compile(
    r"\((?:주|유|사|재|학|복)\)|㈜|㈔|주식회사|유한회사|사단법인|재단법인|사회복지법인|학교법인|co\.?,?\s*ltd\.?|inc\.?",
    re.IGNORECASE,
)
_CITIES = re.compile(r"(서울|부산|대구|인천|광주|대전|울산)(?:특별시|광역시|시)|세종특별자치시")
_IN_BRACKETS = re.compile(r"\([^)]*\)")


class Why(StrEnum):
    """Why two are held to be one."""

    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Face:
    """What a workplace is compared by."""

    name: str
    address: str = ""
    phone: str = ""


def bare_name(text: str) -> str:
    """A name as it is compared: ``(주) 보기 공방`` is ``보기공방``."""
    return plain(_FORMS.sub(" ", unicodedata.normalize("NFC", text)))


def bare_address(text: str) -> str:
    """An address as it is compared: the city in short, without what stands in brackets."""
    short = _CITIES.sub(lambda city: city[1] or "세종", unicodedata.normalize("NFC", text))
    return plain(_IN_BRACKETS.sub(" ", short))


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", unicodedata.normalize("NFKC", text))


def _close(one: str, other: str, least: int) -> bool:
    """Whether two are nearly the same, letter by letter of Hangul."""
    letters = [unicodedata.normalize("NFD", text) for text in (one, other)]
    return fuzz.ratio(*letters, score_cutoff=least) >= least


def _same_road(one: str, other: str) -> bool:
    """Whether two addresses agree in their numbers as far as both have any: one may leave out the floor."""
    numbers = [_numbers(_IN_BRACKETS.sub(" ", text)) for text in (one, other)]
    return all(first == second for first, second in zip(*numbers, strict=False))


def alike(one: Face, other: Face) -> Why | None:
    """Return why two faces are likely one workplace; None: they are two."""
    phones = _digits(one.phone), _digits(other.phone)
    if phones[0] == phones[1] and len(phones[0]) >= FEWEST_DIGITS:
        return Why.PHONE
    names = bare_name(one.name), bare_name(other.name)
    if not names[0] or not names[1] or _numbers(names[0]) != _numbers(names[1]):
        return None
    if not one.address or not other.address:
        return Why.NAME if _close(*names, NAMES_ALONE) else None
    if not _close(*names, NAMES) or not _same_road(one.address, other.address):
        return None
    addresses = bare_address(one.address), bare_address(other.address)
    shorter = min(addresses, key=len)
    near = _close(*addresses, ADDRESSES) or all(text.startswith(shorter) for text in addresses)
    return Why.NAME if near else None


class Lookout:
    """Finds whom a face is like among many, without comparing everybody with everybody.

    Who is alike has a telephone number in common, or two syllables that are next to each other or next but one: where
    85 % of the letters agree, more than half of the syllables do. Short names are kept under each of their syllables.
    """

    def __init__(self, faces: Sequence[Face]) -> None:
        self.faces: list[Face] = []
        self._kept: defaultdict[str, list[int]] = defaultdict(list)
        for face in faces:
            self.add(face)

    def add(self, face: Face) -> None:
        """Look out for one more."""
        for key in self._keys(face):
            self._kept[key].append(len(self.faces))
        self.faces.append(face)

    @staticmethod
    def _keys(face: Face) -> set[str]:
        name = bare_name(face.name)
        keys = {name[at : at + 2] for at in range(len(name) - 1)}
        keys |= {f"{name[at]}*{name[at + 2]}" for at in range(len(name) - 2)}
        if len(name) < SHORT:
            keys |= set(name)
        phone = _digits(face.phone)
        if len(phone) >= FEWEST_DIGITS:
            keys.add(f"#{phone}")
        return keys

    def like(self, face: Face) -> list[tuple[int, Why]]:
        """Return the numbers of those that a face is like, in their order, and why."""
        near = sorted({number for key in self._keys(face) for number in self._kept.get(key, ())})
        return [(number, why) for number in near if (why := alike(face, self.faces[number])) is not None]

    def pairs(self) -> Iterator[tuple[int, int, Why]]:
        """Every two that are alike, the lower number first."""
        seen: set[tuple[int, int]] = set()
        for numbers in self._kept.values():
            seen.update(combinations(numbers, 2))
        for one, other in sorted(seen):
            why = alike(self.faces[one], self.faces[other])
            if why is not None:
                yield one, other, why
