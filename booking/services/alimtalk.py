"""알림톡: the templates that Kakao has approved, and whether a message may go by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.config import Config
from booking.domain.alimtalk import TemplateState, clean_body, clean_button, clean_code
from booking.domain.errors import InvalidForm, InvalidInput, NotFound
from booking.domain.person import Person
from booking.domain.vocabulary import Language, Role
from booking.log import get_logger
from booking.models.messages import Message
from booking.models.sending import AlimtalkTemplate
from booking.notify.alimtalk_variables import KINDS, variables_of
from booking.notify.catalogue import Kind
from booking.services.history import record_change

log = get_logger(__name__)

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
Key = tuple[Kind, Language]


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """The form, as it was typed."""

    code: str = ""
    body: str = ""
    button: str = ""
    state: str = TemplateState.UNDER_REVIEW.value


def offered(config: Config) -> bool:
    """Whether this installation has a channel of KakaoTalk."""
    return config.solapi is not None and bool(config.solapi.channel)


def known_templates(session: Session) -> dict[Key, AlimtalkTemplate]:
    """Return every template that was handed in; one of a kind that no longer exists is left out."""
    kinds = {kind.value: kind for kind in KINDS}
    rows = session.scalars(sa.select(AlimtalkTemplate))
    return {(kinds[row.kind], row.language): row for row in rows if row.kind in kinds}


def usable(row: AlimtalkTemplate | None) -> TypeGuard[AlimtalkTemplate]:
    """Whether messages go by a template: it is approved, and the provider has not refused it since."""
    return row is not None and row.state is TemplateState.APPROVED and row.refused_at is None


def usable_template(session: Session, kind: Kind, language: Language) -> AlimtalkTemplate | None:
    """Return the template by which messages of this kind go in this language, where there is one."""
    row = session.get(AlimtalkTemplate, (kind.value, language))
    return row if usable(row) else None


def refused_templates(session: Session) -> list[AlimtalkTemplate]:
    """Return the approved templates that the provider will not have."""
    found = sa.select(AlimtalkTemplate).where(AlimtalkTemplate.refused_at.is_not(None))
    return list(session.scalars(found.order_by(AlimtalkTemplate.kind, AlimtalkTemplate.language)))


def save_template(
    session: Session, person: Person, kind: Kind, language: Language, entry: TemplateEntry
) -> AlimtalkTemplate:
    """Enter or change a template; saving it says that somebody has looked at what the provider refused.

    Raises:
        InvalidForm: naming each field that cannot be accepted.
        NotFound: this kind of message never goes as 알림톡.
    """
    person.require_role(*STAFF)
    if kind not in KINDS:
        raise NotFound(f"alimtalk of {kind}")
    values = _checked(entry, frozenset(variables_of(kind)))
    row = session.get(AlimtalkTemplate, (kind.value, language), with_for_update=True)
    if row is None:
        row = AlimtalkTemplate(kind=kind.value, language=language, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
    row.refused_at, row.refused_code = None, ""
    _note(session, person, "alimtalk_saved", row)
    session.flush()
    return row


def remove_template(session: Session, person: Person, kind: Kind, language: Language) -> None:
    """Forget a template: messages of its kind go as text messages again.

    Raises:
        NotFound: there is none.
    """
    person.require_role(*STAFF)
    row = session.get(AlimtalkTemplate, (kind.value, language), with_for_update=True)
    if row is None:
        raise NotFound(f"alimtalk template {kind} {language}")
    _note(session, person, "alimtalk_removed", row)
    session.delete(row)
    session.flush()


def lay_aside(session: Session, message: Message, template: str, code: str) -> None:
    """Use a template no more that the provider has refused though it took the same message as a text.

    The next message of the kind would be refused as well, and each refusal costs a second call. ``template`` is the
    provider's name of the one that was tried: another that has been entered meanwhile is not to blame.
    """
    row = session.get(AlimtalkTemplate, (message.kind, message.language), with_for_update=True)
    if usable(row) and row.code == template:
        row.refused_at, row.refused_code = sa.func.now(), code
        session.flush()
        log.warning("alimtalk_template_refused", kind=message.kind, language=message.language, code=code)


def _note(session: Session, person: Person, action: str, row: AlimtalkTemplate) -> None:
    what = {"message_kind": row.kind, "language": row.language.value, "template": row.code, "state": row.state.value}
    record_change(session, person.actor, action, "centre", 1, **what)


def _checked(entry: TemplateEntry, known: frozenset[str]) -> dict[str, str | TemplateState]:
    faults: list[InvalidInput] = []
    values: dict[str, str | TemplateState] = {}

    def keep(name: str, read: Callable[[], str | TemplateState]) -> None:
        try:
            values[name] = read()
        except InvalidInput as fault:
            faults.append(fault)

    keep("code", lambda: clean_code(entry.code))
    keep("body", lambda: clean_body(entry.body, known))
    keep("button", lambda: clean_button(entry.button, known))
    keep("state", lambda: _state(entry.state))
    if faults:
        raise InvalidForm(faults)
    return values


def _state(text: str) -> TemplateState:
    try:
        return TemplateState(text)
    except ValueError:
        raise InvalidInput(field="state", reason="choose") from None
