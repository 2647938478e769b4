"""Imports every module with tables, so that ``Base.metadata`` is complete for migrations and tests."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from booking import models
from booking.base import Base

for _module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
    if _module.name != __name__:
        import_module(_module.name)
METADATA = Base.metadata
