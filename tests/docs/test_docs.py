"""What the documentation says is there: settings, links, commands, files and tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from fairgate import cli
from fairgate.lib.problems import STATUSES
from fairgate.runtime.door.answers import PROBLEMS
from fairgate.runtime.kinds import KINDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTING = re.compile(r"\bFAIRGATE_[A-Z]+(?:_[A-Z]+)*\b")
LINK = re.compile(r"\]\(([^()\s]+)\)|(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[`\s/(])fairgate ((?:--)?[a-z]+)((?: [^`\n#|;]*)?)", re.MULTILINE)
TARGET = re.compile(r"(?:`|^ {4})make ([a-z]+)", re.MULTILINE)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_every_setting_that_is_read_is_documented_and_none_else() -> None:
    sources = [ROOT / "Makefile", *(ROOT / "scripts").iterdir(), *_product_files()]
    read = {name for file in sources for name in SETTING.findall(file.read_text())}

    assert set(SETTING.findall((ROOT / "docs/settings.md").read_text())) == read


def test_every_flag_of_up_is_documented_and_none_else() -> None:
    flags = {
        flag for parameter in cli.fairgate.commands["up"].params for flag in parameter.opts if flag.startswith("--")
    }
    table = (ROOT / "docs/settings.md").read_text().partition("## Flags of `fairgate up`")[2].partition("\n## ")[0]

    assert set(re.findall(r"`(--[a-z-]+)", table)) == flags


def test_every_problem_is_documented_and_none_else() -> None:
    table = (ROOT / "docs/api.md").read_text().partition("## Problems")[2].partition("\n## ")[0]
    words = {word for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for word in CODE.findall(row)}

    assert words == STATUSES.keys() | {word for word, _sentence in PROBLEMS.values()}


@pytest.mark.parametrize("word", STATUSES)
def test_a_problem_has_the_status_that_is_documented(word: str) -> None:
    (row,) = (
        line for line in (ROOT / "docs/api.md").read_text().splitlines() if line.startswith("|") and f"`{word}`" in line
    )

    assert str(STATUSES[word]) in row.split("|")[2]


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in _links(page) if not _leads_somewhere(page, link)]

    assert broken == []


@pages
def test_every_command_exists(page: Path) -> None:
    wrong = [
        f"fairgate {name}{rest}" for name, rest in COMMAND.findall(page.read_text()) if not _is_command(name, rest)
    ]
    wrong += [f"make {target}" for target in TARGET.findall(page.read_text()) if target not in _make_targets()]

    assert wrong == []


@pages
def test_every_file_and_test_that_is_named_exists(page: Path) -> None:
    named = {word.strip("/") for code in CODE.findall(page.read_text()) for word in code.split(", ")}
    files = {name for name in named if re.fullmatch(r"[\w./-]+/[\w.-]+\.(?:py|sql|md|toml|j2|html|css|js|lock)", name)}
    tests = {name for name in named if re.fullmatch(r"test_\w+", name)}

    assert {name for name in files if not _is_file(name)} == set()
    assert tests - _tests() == set()


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_file():
            continue
        reached.add(page)
        found = {(page.parent / link.partition("#")[0]).resolve() for link in _links(page) if ":" not in link}
        waiting.extend(file for file in found - reached if file.suffix == ".md")

    assert set(PAGES) - reached == set()


def test_pictures_are_small() -> None:
    assert [image.name for image in (ROOT / "docs/images").glob("*") if image.stat().st_size > 120_000] == []


def _product_files() -> list[Path]:
    found = (file for file in (ROOT / "fairgate").rglob("*") if file.suffix in {".py", ".j2"})
    return [file for file in found if "tests" not in file.parts]


def _links(page: Path) -> list[str]:
    return [one or other for one, other in LINK.findall(page.read_text())]


def _leads_somewhere(page: Path, link: str) -> bool:
    if ":" in link:
        return link.startswith(("https://", "http://127.0.0.1:8000/"))
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.is_file() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings: lower case, no punctuation, dashes for spaces."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _is_command(name: str, rest: str) -> bool:
    """The command is there, and so are the flags given to it; what follows `manage` is Django's."""
    if name.startswith("--"):
        return name == "--help"
    command = cli.fairgate.commands.get(name)
    if command is None:
        return False
    if name == "manage":
        return True
    if name == "run" and (kind := rest.split()[:1]):
        return kind[0] in {"KIND", *KINDS} or kind[0].startswith("-")
    flags = {flag for parameter in command.params for flag in parameter.opts} | {"--help"}
    given = re.findall(r"(?<!\S)--[a-z-]+", rest)
    return isinstance(command, click.Command) and set(given) <= flags


@cache
def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _is_file(name: str) -> bool:
    return any((folder / name).is_file() for folder in (ROOT, ROOT / "fairgate", ROOT / "docs"))


@cache
def _tests() -> set[str]:
    files = (file for folder in ("fairgate", "tests") for file in (ROOT / folder).rglob("test_*.py"))
    return {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
