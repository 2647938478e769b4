"""How far a text message has come, by the code of the provider that has it."""

from __future__ import annotations

from booking.notify.senders import nhn, solapi
from booking.notify.senders.base import Stage

_READERS = {solapi.NAME: solapi.stage, nhn.NAME: nhn.stage}


def stage(provider: str | None, code: str) -> Stage:
    """What a provider's code says; of a provider that is not known, nothing."""
    reader = _READERS.get(provider or "")
    return Stage.ON_ITS_WAY if reader is None else reader(code)
