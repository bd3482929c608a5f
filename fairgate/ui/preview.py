"""All pages with sample words, to look at without a database: `python -m fairgate.ui.preview OUTDIR`."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from fairgate.ui import accent, assets, cover, door
from fairgate.ui.jinja import create_environment, folders
from fairgate.ui.tests import samples


def main(out: Path) -> None:
    pages = dict(rendered())
    for name, html in pages.items():
        _write(out / f"{name}.html", html)
    for html in pages.values():
        _write_what_it_links(out, html)
    for status in door.STATUSES:
        shutil.copy(door.page(status), out / f"door-{status}.html")
    links = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name in pages)
    _write(out / "index.html", f"<!doctype html><title>Pages</title><ul>{links}</ul>")


def rendered() -> list[tuple[str, str]]:
    environment = create_environment(loader=folders("fairgate.ui.tests", "fairgate.shop"))
    return [(name, environment.get_template(template).render(context)) for name, template, context in samples.pages()]


def _write_what_it_links(out: Path, html: str) -> None:
    for name in set(re.findall(r'"/static/([^"?]+)\?v=', html)):
        _copy(assets.find(name), out / "static" / name)
    for color in set(re.findall(r'"/accent/([0-9a-f]{6})\.css"', html)):
        _write(out / "accent" / f"{color}.css", accent.stylesheet(color))
    for color, seed in set(re.findall(r'"/cover/([0-9a-f]{6})/([^"]+)\.svg"', html)):
        _write(out / "cover" / color / f"{seed}.svg", cover.svg(seed, color))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m fairgate.ui.preview OUTDIR")
    main(Path(sys.argv[1]))
