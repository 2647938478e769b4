"""Faults in an input file, and a reader of JSON values that collects all of them instead of stopping at the first."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

MOST_COUNT = 1_000_000
"""Largest count that a file may give: beyond it a number is a slip of the hand, and would only cost memory."""

MOST_COST = 1e9
"""Largest cost, price or credit that a file may give; sums of them stay exact to the cent in a float."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and its place in the file, as `visits[17].pupils`; the path of the whole document is empty."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InputError(ValueError):
    """A file that cannot be used; `faults` names every fault found in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of a character pair, which no text has and UTF-8 cannot write."""

_NOTHING: Mapping[str, object] = MappingProxyType({})
"""Stands for a record that could not be read: what it lacks is no fault of its own."""


class _Doubled(dict[str, object]):
    """A JSON object in which keys stood twice."""

    doubled: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) == len(pairs):
        return record
    seen: set[str] = set()
    marked = _Doubled(record)
    marked.doubled = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return marked


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def load_json(data: bytes) -> tuple[object, list[Fault]]:
    """The document in `data` and the faults of its writing: not UTF-8, not JSON, NaN, keys twice, nesting too deep.

    A document that could not be read at all is `None`, with one fault.
    """
    if not data.strip():
        return None, [Fault("", "the file is empty")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [Fault("", f"not UTF-8: byte {error.start}")]
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        return None, [Fault("", "not usable JSON: nested too deeply")]
    except json.JSONDecodeError as error:
        return None, [Fault("", f"not JSON: line {error.lineno} column {error.colno}: {error.msg}")]
    except ValueError as error:
        return None, [Fault("", f"not usable JSON: {error}")]
    return document, list(_doubled_keys(document))


def _doubled_keys(document: object) -> Iterator[Fault]:
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            for key in value.doubled if isinstance(value, _Doubled) else ():
                yield Fault(join(path, key), "stands twice")
            waiting += [(join(path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{i}]", inner) for i, inner in enumerate(value)]


def join(path: str, key: str) -> str:
    """The path of `key` inside the record at `path`."""
    return f"{path}.{key}" if path else key


def shown(value: object) -> str:
    """A value as a fault quotes it: as JSON, cut to 60 characters."""
    try:
        text = json.dumps(value, ensure_ascii=True, default=str)
    except (ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


class Reader:
    """Reads typed values out of a document; a faulty one is noted, replaced by a harmless one, and reading goes on."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, path: str, message: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(path, message))

    def record(self, value: object, path: str) -> Mapping[str, object]:
        """A JSON object."""
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return value
        self.fault(path, f"{shown(value)}, must be an object")
        return _NOTHING

    def items(self, record: Mapping[str, object], key: str, path: str) -> list[object]:
        """A JSON list under `key`."""
        value = self.present(record, key, path)
        if isinstance(value, list):
            return value
        if key in record:
            self.fault(join(path, key), f"{shown(value)}, must be a list")
        return []

    def present(self, record: Mapping[str, object], key: str, path: str) -> object:
        """The value under `key`, which must be there."""
        if key not in record and record is not _NOTHING:
            self.fault(join(path, key), "is missing")
        return record.get(key)

    def text(self, record: Mapping[str, object], key: str, path: str, *, empty: bool = False) -> str:
        """A string under `key`; an empty one only where `empty` allows it."""
        value = self.present(record, key, path)
        return self.string(value, join(path, key), empty=empty) if key in record else ""

    def string(self, value: object, path: str, *, empty: bool = False) -> str:
        """A string that can be written as UTF-8."""
        if not isinstance(value, str):
            self.fault(path, f"{shown(value)}, must be a string")
            return ""
        if not value and not empty:
            self.fault(path, "is empty")
        if not value.isascii() and _HALVES.search(value):
            self.fault(path, f"{shown(value)}, holds half of a character pair")
            return ""
        return value

    def whole(self, record: Mapping[str, object], key: str, path: str, least: int, most: int = MOST_COUNT) -> int:
        """A whole number `least..most` under `key`; true and 5.0 are none."""
        value = self.present(record, key, path)
        if key not in record:
            return least
        return self.count(value, join(path, key), least, most)

    def count(self, value: object, path: str, least: int, most: int = MOST_COUNT) -> int:
        """A whole number `least..most`."""
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(path, f"{shown(value)}, must be a whole number")
        elif value < least:
            self.fault(path, f"{_digits(value)}, must be at least {least}")
        elif value > most:
            self.fault(path, f"{_digits(value)}, must be at most {most}")
        else:
            return value
        return least

    def limit(self, record: Mapping[str, object], key: str, path: str) -> int | None:
        """A limit under `key`: a whole number of at least 1, or null where nothing binds."""
        if key in record and record[key] is None:
            return None
        return self.whole(record, key, path, 1)

    def number(
        self, record: Mapping[str, object], key: str, path: str, least: float = 0.0, most: float = MOST_COST
    ) -> float:
        """A finite number `least..most` under `key`."""
        value = self.present(record, key, path)
        return self.real(value, join(path, key), least, most) if key in record else max(least, 0.0)

    def real(self, value: object, path: str, least: float = 0.0, most: float = MOST_COST) -> float:
        """A finite number `least..most`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(path, f"{shown(value)}, must be a number")
        elif isinstance(value, float) and not math.isfinite(value):
            self.fault(path, "must be a finite number")
        elif value < least:
            self.fault(path, f"{_digits(value)}, must be at least {least:g}")
        elif value > most:
            self.fault(path, f"{_digits(value)}, must be at most {most:g}")
        else:
            return value
        return max(least, 0.0)


def _digits(value: float) -> str:
    """A number as a fault quotes it; Python refuses to print whole numbers of thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    return str(value)
