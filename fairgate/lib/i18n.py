"""Every text a person reads passes through here. English is written in the code; other languages are catalogs."""

from __future__ import annotations

import gettext as _gettext
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

DOMAIN = "fairgate"
DEFAULT = "en"

language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def gettext(message: str) -> str:
    return _catalog(language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _catalog(language.get()).ngettext(singular, plural, number)


@cache
def _catalog(code: str) -> _gettext.NullTranslations:
    locale_dir = str(files("fairgate.ui") / "locale")
    return _gettext.translation(DOMAIN, locale_dir, languages=[code], fallback=True)
