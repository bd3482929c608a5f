"""A hall's seats as text, one line for each group of rows: `Stalls; A-H; 1-10 | 11-20`.

A line names the block (which may be empty), its rows from the front, and the seats of each row from the left. Rows and
seats are lists of names and ranges, such as `A, C-E` or `1-10, 12`; a range runs either way. Each `|` leaves the width
of one seat free. No Django.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass
from string import ascii_uppercase

from fairgate.lib.i18n import gettext as _

MAX_SEATS = 20_000
# Of the text. Whoever needs more has not found the ranges.
MAX_LENGTH = 20_000
# As long as their columns.
BLOCK_LENGTH = 50
NAME_LENGTH = 10
# A text that is wrong everywhere is not answered by a thousand sentences.
MISTAKES_TOLD = 5

EXAMPLE = "Stalls; A-H; 1-10 | 11-20\nBalcony; 1-3; 1-12"
LETTERS = re.compile(r"[A-Z]{1,3}|[a-z]{1,3}")
DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Row:
    """`seats` are their numbers and columns, from the left."""

    block: str
    name: str
    seats: tuple[tuple[str, int], ...]


class LayoutMistake(Exception):
    """One thing that is wrong, as a sentence that says what to write."""


class LayoutMistakes(Exception):
    def __init__(self, sentences: list[str]) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


@dataclass(frozen=True)
class Existing:
    """What a hall has already, behind which further rows go."""

    rows: Set[tuple[str, str]] = frozenset()
    last_block: str | None = None
    seats: int = 0


def parse_layout(text: str, existing: Existing | None = None) -> list[Row]:
    """The rows of a hall from the front. Raises LayoutMistakes with a sentence for each line that is wrong."""
    hall = _Hall(existing or Existing())
    mistakes: list[str] = []
    for number, line in enumerate(_plain(text).splitlines(), 1):
        if line.strip() and len(mistakes) < MISTAKES_TOLD:
            try:
                hall.add(number, line)
            except LayoutMistake as mistake:
                mistakes.append(_("Line %(number)s: %(mistake)s") % {"number": number, "mistake": mistake})
    if not mistakes and not hall.rows:
        mistakes.append(_("Write at least one line, such as “%s”.") % EXAMPLE.splitlines()[0])
    if mistakes:
        raise LayoutMistakes(mistakes)
    return hall.rows


def _plain(text: str) -> str:
    """What is pasted from elsewhere has long dashes, and letters made of two."""
    return unicodedata.normalize("NFKC", text).replace("–", "-").replace("—", "-")  # noqa: RUF001


class _Hall:
    """The rows so far, and what no further line may say again."""

    def __init__(self, existing: Existing) -> None:
        self.rows: list[Row] = []
        self.existing = existing
        self.lines: dict[tuple[str, str], int] = {}
        self.blocks = {block for block, _name in existing.rows}
        self.last_block = existing.last_block
        self.free = MAX_SEATS - existing.seats

    def add(self, number: int, line: str) -> None:
        block, row_names, seats = _parts(line)
        self._check_block(block)
        for name in row_names:
            self._check_row(block, name)
        _check_number(len(row_names) * len(seats), self.free)
        self.free -= len(row_names) * len(seats)
        self.blocks.add(block)
        self.last_block = block
        for name in row_names:
            self.lines[block, name] = number
            self.rows.append(Row(block, name, seats))

    def _check_block(self, block: str) -> None:
        """The rows of one block stand one behind the other."""
        if block in self.blocks and block != self.last_block:
            raise LayoutMistake(
                _("“%(block)s” has rows already, and “%(last)s” stands behind. Write the lines of a block together.")
                % {"block": block, "last": self.last_block}
            )

    def _check_row(self, block: str, name: str) -> None:
        words = {"row": name, "line": self.lines.get((block, name))}
        if (block, name) in self.existing.rows:
            raise LayoutMistake(_("row %(row)s is there already. Give the new row another name.") % words)
        if (block, name) in self.lines:
            raise LayoutMistake(
                _("row %(row)s is in line %(line)s already. Write all seats of a row in one line.") % words
            )


def _parts(line: str) -> tuple[str, list[str], tuple[tuple[str, int], ...]]:
    parts = [part.strip() for part in line.split(";")]
    if len(parts) != 3:
        raise LayoutMistake(_("write block; rows; seats, with two semicolons, such as “%s”.") % EXAMPLE.splitlines()[0])
    block, rows, numbers = parts
    if len(block) > BLOCK_LENGTH or not block.isprintable():
        raise LayoutMistake(_("a block's name has at most %s characters. Shorten it.") % BLOCK_LENGTH)
    return block, _row_names(rows), _seats(numbers)


def _row_names(text: str) -> list[str]:
    if not text:
        raise LayoutMistake(_("the rows are missing. Write them such as A-H or 1-8."))
    names = _names(text)
    _check_once(names, _("row %s is there twice. Write each row once."))
    return names


def _seats(text: str) -> tuple[tuple[str, int], ...]:
    seats: list[tuple[str, int]] = []
    column = 0
    for section in text.split("|"):
        for name in _names(section) if section.strip() else ():
            column += 1
            seats.append((name, column))
        _check_number(len(seats))
        column += 1
    if not seats:
        raise LayoutMistake(_("the seats are missing. Write them such as 1-10 or 1-10 | 11-20."))
    _check_once([name for name, _column in seats], _("seat %s is there twice in one row. Write each seat once."))
    return tuple(seats)


def _names(text: str) -> list[str]:
    """The names of a list such as `A, C-E, 7`."""
    names: list[str] = []
    for item in text.split(","):
        first, is_range, last = (part.strip() for part in item.partition("-"))
        if not first or (is_range and not last):
            raise LayoutMistake(
                _("a name is missing in “%s”. Write names and ranges with commas between, such as 1-10, 12.")
                % _shown(text)
            )
        names += _range(first, last) if is_range else [_name(first)]
        _check_number(len(names))
    return names


def _name(text: str) -> str:
    if len(text) > NAME_LENGTH or not text.isprintable():
        raise LayoutMistake(
            _("“%(name)s” is no name of a row or a seat. Use up to %(length)s letters and digits.")
            % {"name": _shown(text), "length": NAME_LENGTH}
        )
    return text


def _range(first: str, last: str) -> Iterator[str]:
    if DIGITS.fullmatch(first) and DIGITS.fullmatch(last):
        # 01-12 keeps its zeros.
        width = len(first) if len(first) == len(last) else 1
        return (f"{number:0{width}}" for number in _between(int(first), int(last)))
    if LETTERS.fullmatch(first) and LETTERS.fullmatch(last) and first.isupper() == last.isupper():
        names = (_letters(number) for number in _between(_rank(first), _rank(last)))
        return names if first.isupper() else map(str.lower, names)
    raise LayoutMistake(
        _("“%(first)s-%(last)s” is no range. Write two numbers or two letters, such as 1-10 or A-H.")
        % {"first": _shown(first), "last": _shown(last)}
    )


def _between(first: int, last: int) -> range:
    _check_number(abs(last - first) + 1)
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _rank(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    rank = 0
    for letter in letters.upper():
        rank = rank * 26 + ascii_uppercase.index(letter) + 1
    return rank


def _letters(rank: int) -> str:
    letters = ""
    while rank:
        rank, letter = divmod(rank - 1, 26)
        letters = ascii_uppercase[letter] + letters
    return letters


def _check_number(seats: int, most: int = MAX_SEATS) -> None:
    """Before a long range becomes a long list."""
    if seats > most:
        raise LayoutMistake(_("with these there are more than %s seats. Write fewer.") % f"{MAX_SEATS:,}")


def _check_once(names: list[str], sentence: str) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise LayoutMistake(sentence % name)
        seen.add(name)


def _shown(text: str) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in text.strip())
    return text if len(text) <= 30 else text[:29] + "…"
