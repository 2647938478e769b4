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


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", unicodedata.normalize("NFKC", text)))


def _letters(text: str) -> str:
    """The letters of Hangul of which the syllables are made."""
    return unicodedata.normalize("NFD", text)


def _close(one: str, other: str, least: int) -> bool:
    """Whether two are nearly the same, letter by letter."""
    return fuzz.ratio(one, other, score_cutoff=least) >= least


@dataclass(frozen=True, slots=True)
class _Looks:
    """A face made ready to be compared."""

    name: str
    name_numbers: tuple[str, ...]
    letters: str
    address: str
    road_numbers: tuple[str, ...]
    phone: str


def _looks(face: Face) -> _Looks:
    name, phone = bare_name(face.name), _digits(face.phone)
    return _Looks(
        name=name,
        name_numbers=_numbers(name),
        letters=_letters(name),
        address=bare_address(face.address),
        road_numbers=_numbers(_IN_BRACKETS.sub(" ", face.address)),
        phone=phone if len(phone) >= FEWEST_DIGITS else "",
    )


def alike(one: Face, other: Face) -> Why | None:
    """Return why two faces are likely one workplace; None: they are two."""
    return _alike(_looks(one), _looks(other))


def _alike(one: _Looks, other: _Looks) -> Why | None:
    if one.phone and one.phone == other.phone:
        return Why.PHONE
    if not one.name or not other.name or one.name_numbers != other.name_numbers:
        return None
    if not one.address or not other.address:
        return Why.NAME if _close(one.letters, other.letters, NAMES_ALONE) else None
    # one may leave out the floor
    same_road = all(first == second for first, second in zip(one.road_numbers, other.road_numbers, strict=False))
    if not same_road or not _close(one.letters, other.letters, NAMES):
        return None
    shorter = min(one.address, other.address, key=len)
    starts_alike = one.address.startswith(shorter) and other.address.startswith(shorter)
    near = starts_alike or _close(_letters(one.address), _letters(other.address), ADDRESSES)
    return Why.NAME if near else None


class Lookout:
    """Finds whom a face is like among many, without comparing everybody with everybody.

    Who is alike has a telephone number in common, or two syllables that are next to each other or next but one: where
    85 % of the letters agree, more than half of the syllables do. Short names are kept under each of their syllables.
    """

    def __init__(self, faces: Sequence[Face]) -> None:
        self.faces: list[Face] = []
        self._looks: list[_Looks] = []
        self._kept: defaultdict[str, list[int]] = defaultdict(list)
        for face in faces:
            self.add(face)

    def add(self, face: Face) -> None:
        """Look out for one more."""
        looks = _looks(face)
        for key in self._keys(looks):
            self._kept[key].append(len(self.faces))
        self.faces.append(face)
        self._looks.append(looks)

    @staticmethod
    def _keys(looks: _Looks) -> set[str]:
        name = looks.name
        keys = {name[at : at + 2] for at in range(len(name) - 1)}
        keys |= {f"{name[at]}*{name[at + 2]}" for at in range(len(name) - 2)}
        if len(name) < SHORT:
            keys |= set(name)
        # whose names differ in a number is not compared at all
        keys = {f"{key} {looks.name_numbers}" for key in keys}
        if looks.phone:
            keys.add(f"#{looks.phone}")
        return keys

    def like(self, face: Face) -> list[tuple[int, Why]]:
        """Return the numbers of those that a face is like, in their order, and why."""
        looks = _looks(face)
        near = sorted({number for key in self._keys(looks) for number in self._kept.get(key, ())})
        return [(number, why) for number in near if (why := _alike(looks, self._looks[number])) is not None]

    def pairs(self) -> Iterator[tuple[int, int, Why]]:
        """Every two that are alike, the lower number first."""
        seen: set[tuple[int, int]] = set()
        for numbers in self._kept.values():
            seen.update(combinations(numbers, 2))
        for one, other in sorted(seen):
            why = _alike(self._looks[one], self._looks[other])
            if why is not None:
                yield one, other, why
