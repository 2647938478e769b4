"""The declarative base of every table: naming of constraints, and which Python type is which column type."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from booking.domain import ids

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all models.

    Times are ``timestamptz`` (UTC inside), statuses are text with a check of their values, documents are ``jsonb``.
    """

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **dict.fromkeys(ids.ALL, sa.BigInteger),
        str: sa.Text,
        dt.datetime: sa.DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(sa.Text),
    }


def enum_column(kind: type[enum.StrEnum], name: str) -> sa.Enum:
    """A text column that holds the values of ``kind``, checked by the database under the constraint ``name``."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )
