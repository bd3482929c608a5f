import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import fairgate
from fairgate.ui.preview import rendered

PAGES = dict(rendered())
PACKAGE = Path(fairgate.__file__).parent
APPS = ("ui", "shop", "console", "services/gate")
TEMPLATES = sorted(path for app in APPS for path in (PACKAGE / app).glob("templates/**/*.html"))
VOID = {"meta", "link", "img", "br", "hr", "input"}
NAMES = {"Fairgate"}


class Outline(HTMLParser):
    """What a page is made of, as far as a strict content policy and a screen reader care."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.inline: list[str] = []
        self.headings: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.inline += [name for name in values if name == "style" or re.match(r"on[a-z]+$", name)]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in values) else []
        self.ids += [values["id"] or ""] if "id" in values else []
        for name in ("for", "aria-describedby", "aria-labelledby"):
            self.references += (values.get(name) or "").split()
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Shapes of an icon."""


@pytest.mark.parametrize("name", PAGES)
def test_page_is_sound(name: str) -> None:
    outline = Outline(PAGES[name])

    assert outline.open == []
    assert outline.inline == []
    assert sorted(outline.ids) == sorted(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)
    assert outline.headings.count("h1") == 1


def test_every_public_page_says_what_to_do_next() -> None:
    closed = [name for name in PAGES if re.match(r"\d|expired|released|find-tickets", name)]

    assert [name for name in closed if 'class="button' not in PAGES[name]] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_template_speaks_through_gettext(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    no_names = re.sub(r"\{% block (?:main_class|sign) %\}.*?\{% endblock %\}", "", source)
    no_names = re.sub(r"<code>.*?</code>", "", no_names)  # What programs read is the same in every language.
    no_jinja = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", no_names, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", " ", no_jinja).split()
    attributes = re.findall(r'\b(?:aria-label|alt|placeholder|title)="([^"]+)"', no_jinja)

    assert [word for word in words if re.search(r"[^\W\d_]", word) and word not in NAMES] == []
    assert [text for text in attributes if text.strip()] == []


def test_tokens_are_nowhere_in_public_pages() -> None:
    assert [name for name, html in PAGES.items() if "csrfmiddlewaretoken" in html] == []
