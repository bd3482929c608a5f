from __future__ import annotations

from pathlib import Path

from fairgate import shop, ui

SHOP, UI = (Path(package.__file__ or "").parent / "static" for package in (shop, ui))


def test_scripts_of_all_public_pages_stay_small() -> None:
    assert sum(path.stat().st_size for folder in (SHOP, UI) for path in folder.rglob("*.js")) <= 30_000


def test_scripts_neither_evaluate_nor_write_markup() -> None:
    forbidden = ("eval(", "innerHTML", "document.write", "new Function", "setAttribute('style", ".cssText", ".style.")
    scripts = list(SHOP.rglob("*.js"))

    assert scripts
    assert [(path.name, word) for path in scripts for word in forbidden if word in path.read_text()] == []
