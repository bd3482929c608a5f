"""The one template environment, for Django (settings.TEMPLATES, option `environment`) and for the Flask services."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from fairgate.lib import addresses, clock, i18n
from fairgate.ui import formats
from fairgate.ui.assets import static
from fairgate.ui.icons import icon

FILTERS = (
    formats.money,
    formats.number,
    formats.percent,
    formats.rate,
    formats.day,
    formats.time,
    formats.to_the_second,
    formats.moment,
    formats.period,
    formats.short_day,
    formats.weekday,
    formats.month,
    formats.iso,
    formats.zone_name,
    formats.paragraphs,
)


def create_environment(**options: Any) -> Environment:
    """Options are Jinja's own. A misspelled name is an error everywhere, also where Django would hide it."""
    options["loader"] = _with_ui(options.get("loader"))
    options.update(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    options["extensions"] = [*options.get("extensions", ()), "jinja2.ext.i18n", "jinja2.ext.do"]
    environment = Environment(**options)  # noqa: S701 (autoescape is set above)
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(static=static, icon=icon, addresses=addresses, now=clock.now)
    environment.filters.update({function.__name__: function for function in FILTERS})
    return environment


def folders(*packages: str) -> FileSystemLoader:
    """Loads from the `templates` folder of each package, the first one winning."""
    return FileSystemLoader([str(folder) for folder in _template_folders(packages)])


def _with_ui(loader: BaseLoader | None) -> BaseLoader:
    ui = folders("fairgate.ui")
    return ChoiceLoader([loader, ui]) if loader else ui


def _template_folders(packages: Iterable[str]) -> Iterable[Path]:
    for package in packages:
        spec = find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            yield Path(folder) / "templates"
