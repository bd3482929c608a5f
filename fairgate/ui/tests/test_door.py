import re

import pytest

from fairgate.ui import door


@pytest.mark.parametrize("status", door.STATUSES)
def test_page_needs_nothing_else_and_leads_on(status: int) -> None:
    html = door.page(status).read_text(encoding="utf-8")

    assert re.findall(r"<(?:script|img|link|iframe)|\bstyle=|\bon\w+=|url\(", html) == []
    assert html.count("<style>") == 1
    assert re.findall(r'<a href="([^"]*)"', html)[-1] in ("/", "/tickets/")
    # HAProxy keeps an answer of its own in one buffer of 16 kB, headers included.
    assert len(html.encode()) < 8_000


def test_one_style_in_all_pages() -> None:
    assert door.csp().count("sha256-") == 1
