"""What a command prints, as a picture for the guide, in the colors that a terminal shows.

    python bench/terminal.py docs/images/doctor.svg .venv/bin/fairgate doctor --data var

The folder of the installation is told as `var`, and files of the documentation by their place in the project, wherever
they are.
"""

from __future__ import annotations

import argparse
import io
import os
import pty
import re
import subprocess
from pathlib import Path

from rich.console import Console
from rich.text import Text

PROJECT = f"{Path(__file__).parents[1]}/"
COLUMNS = 100
# Rich names a typeface on a server of others; every reader has one whose letters are all as wide.
TYPEFACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a command prints, as a picture.")
    parser.add_argument("file", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    wish = parser.parse_args()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(_said(wish.command).replace(_folder(wish.command), "var").replace(PROJECT, "")))
    drawn = TYPEFACE.sub("", console.export_svg(title=_title(*wish.command)))
    wish.file.write_text(drawn.replace("Fira Code", "ui-monospace"))


def _said(command: list[str]) -> str:
    """By way of a terminal, which is where it has colors."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": str(COLUMNS), "LINES": "100", "TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=os.environ | size)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 65536):
            said += piece
    except OSError:
        pass  # Linux says so at the end.
    os.close(ours)
    process.wait()
    return said.decode().replace("\r\n", "\n").rstrip()


def _folder(command: list[str]) -> str:
    return str(Path(command[command.index("--data") + 1]).absolute()) if "--data" in command else "var"


def _title(program: str, *words: str) -> str:
    told = [word for word, before in zip(words, ("", *words), strict=False) if "--data" not in (word, before)]
    return " ".join([Path(program).name, *told])


if __name__ == "__main__":
    main()
