"""Phrases that the plain text and the HTML of an e-mail share; plain strings, so that HTML templates escape them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from babel.support import NullTranslations

from booking.clock import SEOUL
from booking.domain.vocabulary import Block, Language

_WEEKDAYS = {
    Language.KO: ("월", "화", "수", "목", "금", "토", "일"),
    Language.EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_of_day(text: str) -> dt.time:
    """Read a time of day (``13:30``), or the one in Seoul of a moment with an offset."""
    if "T" in text:
        return dt.datetime.fromisoformat(text).astimezone(SEOUL).time()
    return dt.time.fromisoformat(text)


class Phrases:
    """The phrases of one language."""

    def __init__(self, language: Language, catalogue: NullTranslations) -> None:
        self._korean = language is Language.KO
        self._weekdays = _WEEKDAYS[language]
        self._catalogue = catalogue

    def day(self, text: str) -> str:
        """``6월 12일 (금)``, ``Fri 12 Jun``."""
        date = dt.date.fromisoformat(text)
        weekday = self._weekdays[date.weekday()]
        return f"{date.month}월 {date.day}일 ({weekday})" if self._korean else f"{weekday} {self.month_day(text)}"

    def short_day(self, text: str) -> str:
        """``6/12(금)`` for text messages; English has no shorter form."""
        date = dt.date.fromisoformat(text)
        return f"{self.month_day(text)}({self._weekdays[date.weekday()]})" if self._korean else self.day(text)

    def month_day(self, text: str) -> str:
        """``6/5``, ``5 Jun``: a deadline in a text message."""
        date = dt.date.fromisoformat(text)
        return f"{date.month}/{date.day}" if self._korean else f"{date.day} {_MONTHS[date.month - 1]}"

    def clock(self, text: str) -> str:
        """``13:30``."""
        return time_of_day(text).strftime("%H:%M")

    def block(self, value: str) -> str:
        """Morning or afternoon."""
        gettext = self._catalogue.ugettext
        return gettext("오전") if Block(value) is Block.AM else gettext("오후")

    def class_name(self, label: str) -> str:
        """``1-3반``; a label that says so already stays."""
        return label if label.endswith("반") else self._catalogue.ugettext("%(label)s반") % {"label": label}

    def pupils(self, number: int) -> str:
        """``24명``."""
        return self._catalogue.ungettext("%(num)s명", "%(num)s명", number) % {"num": number}

    def sites(self, number: int) -> str:
        """``5곳``."""
        return self._catalogue.ungettext("%(num)s곳", "%(num)s곳", number) % {"num": number}

    def slot(self, date: str, block: str) -> str:
        """Day and half of it."""
        return f"{self.day(date)} {self.block(block)}"

    def hours(self, item: Mapping[str, Any]) -> str:
        """From when until when."""
        return f"{self.clock(item['starts'])}–{self.clock(item['ends'])}"

    def rank(self, item: Mapping[str, Any]) -> str:
        """Which of the school's wishes this is; ranks count from 0."""
        gettext = self._catalogue.ugettext
        rank = item["rank"]
        return gettext("희망 외 일정") if rank is None else gettext("%(rank)s지망") % {"rank": rank + 1}

    def change(self, item: Mapping[str, Any]) -> str:
        """What has become of it since it was last told."""
        gettext = self._catalogue.ugettext
        words = {
            "new": gettext("새로 배정"),
            "moved": gettext("일정 변경"),
            "regrouped": gettext("일터 변경"),
            "changed": gettext("변경됨"),
            "cancelled": gettext("취소됨"),
            "same": gettext("변경 없음"),
        }
        was = item.get("was")
        before = gettext("이전 일정")
        said = words[item["change"]] + (f" ({before}: {self.slot(was['date'], was['block'])})" if was else "")
        return said + (f" · {gettext('미세먼지')}" if item.get("cause") == "air" else "")
