from pathlib import Path

import pytest

from fairgate.ui import assets

STATIC = Path(assets.__file__).parent / "static" / "ui"


def _size(pattern: str) -> int:
    return sum(path.stat().st_size for path in STATIC.glob(pattern))


def test_styles_stay_small() -> None:
    assert _size("*.css") <= 25_000


def test_scripts_stay_small() -> None:
    assert _size("*.js") <= 30_000


def test_address_carries_the_content() -> None:
    address = assets.static("ui/base.css")

    assert address.startswith("/static/ui/base.css?v=")
    assert len(address.partition("=")[2]) == 12


def test_htmx_comes_from_its_package() -> None:
    assert assets.static("django_htmx/htmx-2.min.js").startswith("/static/django_htmx/htmx-2.min.js?v=")


def test_missing_file_is_an_error() -> None:
    with pytest.raises(assets.MissingAsset):
        assets.static("ui/none.css")


def test_scripts_neither_evaluate_nor_write_markup() -> None:
    forbidden = ("eval(", "innerHTML", "document.write", "new Function", "setAttribute('style", ".cssText")

    assert [(path.name, word) for path in STATIC.glob("*.js") for word in forbidden if word in path.read_text()] == []
