from fairgate.ui import catalog


def test_catalog_holds_every_text() -> None:
    assert catalog.TEMPLATE.read_text(encoding="utf-8") == catalog.current(), "run: python -m fairgate.ui.catalog"
