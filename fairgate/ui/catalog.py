"""The texts of all pages, for translators: `python -m fairgate.ui.catalog` writes locale/fairgate.pot anew."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from fairgate.lib.i18n import DOMAIN

PACKAGE = Path(__file__).parent.parent
TEMPLATE = Path(__file__).parent / "locale" / f"{DOMAIN}.pot"
JINJA: dict[str, Any] = {
    "newstyle_gettext": "true",
    "extensions": "jinja2.ext.do",
    "trim_blocks": "true",
    "silent": "false",
}


def current() -> str:
    """No dates and no line numbers, so that it changes only when a text does."""
    catalog = Catalog(domain=DOMAIN, project="Fairgate", copyright_holder="the Fairgate authors", fuzzy=False)
    for message, comments, context in _messages():
        catalog.add(message, auto_comments=comments, context=context)
    out = BytesIO()
    write_po(out, catalog, no_location=True, omit_header=True, sort_output=True, width=120)
    return out.getvalue().decode()


def _messages() -> Iterator[tuple[Any, list[str], str | None]]:
    for path in _sources():
        is_template = path.suffix in (".html", ".txt")
        method, options = ("jinja2.ext:babel_extract", JINJA) if is_template else ("python", {})
        for _line, message, comments, context in extract_from_file(method, path, options=options):
            yield message, comments, context


def _sources() -> Iterator[Path]:
    patterns = ("*.py", "templates/**/*.html", "templates/**/*.txt")
    for path in sorted(path for pattern in patterns for path in PACKAGE.rglob(pattern)):
        is_ours = not {"tests", "migrations", "admin"} & set(path.relative_to(PACKAGE).parts)
        if is_ours and path != Path(__file__):
            yield path


if __name__ == "__main__":
    TEMPLATE.write_text(current(), encoding="utf-8")
