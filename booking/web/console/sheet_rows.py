"""A row of an uploaded table in words: what it changes, and why it is refused; nobody's telephone or address."""

from __future__ import annotations

from collections.abc import Mapping

from booking.domain.errors import InvalidInput, NotFound
from booking.domain.sheet_rows import Column, SheetKind
from booking.models.sheets import SheetUpload
from booking.services.sheet_desk import Desk
from booking.services.sheet_outcomes import RowPlan
from booking.web.access import person
from booking.web.console.hand_words import gives, soft_sentence
from booking.web.console.sheet_words import cell_text, column_name
from booking.web.database import clock, config, read
from booking.web.marking import gettext
from booking.web.problems import sentence

#: what a page never shows of a table: that it changes is enough
PRIVATE = ("phone", "email")


def kind_of(name: str) -> SheetKind:
    """Return the kind of table that an address names.

    Raises:
        NotFound: there is no such kind.
    """
    if name not in set(SheetKind):
        raise NotFound(f"sheet kind {name}")
    return SheetKind(name)


def desk() -> Desk:
    """Who looks at a table."""
    return Desk(read(), clock(), config(), person())


def is_private(field: str) -> bool:
    """Whether a column holds somebody's contact."""
    return field.startswith("contact_") or field in PRIVATE


def changes_of(row: RowPlan, columns: Mapping[str, Column]) -> list[tuple[str, str, str]]:
    """Each field that becomes different: its name, what stands, what comes."""
    said = []
    for field, (old, new) in row.changes.items():
        column = columns[field]
        if any(field.endswith(end) for end in PRIVATE):
            said.append((column_name(column), "", gettext("바뀜")))
        else:
            said.append((column_name(column), cell_text(column, old), cell_text(column, new)))
    return said


def why(row: RowPlan, columns: Mapping[str, Column]) -> list[str]:
    """Why a row is refused, each sentence after the name of its column."""
    said = []
    for fault in row.faults:
        column = columns.get(fault.field or "")
        name = f"{column_name(column)}: " if column is not None else ""
        said += [f"{name}{text}" for text in _sentences(fault)]
    for word in row.unknown:
        text = gettext(
            "「%(word)s」을(를) 알아보지 못했습니다. 양식의 안내에 있는 말로 적어 주세요.", word=word.word[:40]
        )
        said.append(f"{column_name(columns[word.field])}: {text}")
    return said


def failure_of(upload: SheetUpload) -> str:
    """What the worker has to say of a large table; empty: nothing."""
    said = upload.failed
    if said is None:
        return ""
    if said["reason"] == "undone":
        back, stayed = said["back"], said["stayed"]
        return gettext("%(n)s줄을 되돌렸습니다. 그 뒤에 고쳤거나 방문이 걸린 %(stayed)s줄은 그대로 두었습니다.",
                       n=back, stayed=stayed)  # fmt: skip
    if said["reason"] == "worker_died":
        return gettext("끝내지 못했습니다. 아무것도 바뀌지 않았습니다. 다시 해 주세요.")
    if said["reason"] == "changed":
        return gettext("그사이 등록부가 바뀌어 아무것도 저장하지 않았습니다. 다시 보시고 저장해 주세요.")
    text = sentence(InvalidInput(field=said["field"], reason=said["reason"]))
    if said.get("row"):
        text = gettext("%(n)s번째 줄을 저장할 수 없어 아무것도 저장하지 않았습니다.", n=said["row"]) + " " + text
    return text


def is_alike(row: RowPlan) -> bool:
    """Whether a row was left out only because it looks like something that is there."""
    return any(fault.reason == "alike" for fault in row.faults)


def _sentences(fault: InvalidInput) -> list[str]:
    if fault.field == "rule":
        # a hard rule of the plan: what would have to give
        return gives([fault.reason or ""])
    if fault.reason == "alike":
        return [f"{fault.facts.get('name', '')}: {sentence(fault)}"]
    rules = fault.facts.get("rules")
    if isinstance(rules, tuple | list):
        return [f"{soft_sentence(rule)} {sentence(fault)}" for rule in rules]
    return [sentence(fault)]
