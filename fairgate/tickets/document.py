"""Just enough of PDF for a ticket: text in embedded fonts, filled areas, QR codes. After ISO 32000-1.

Why not a library: fpdf2 cuts its fonts down in Python, at 10 to 60 ms a document, and needs 45 MB in every process
that writes tickets; see docs/decisions. All measures here are points, from the top left corner.
"""

from __future__ import annotations

import zlib
from collections import defaultdict

from fairgate.tickets.codes import QrCode
from fairgate.tickets.typeface import Glyph, Line, Weight

_BLOCK = 100


class Page:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._operators: list[str] = []

    @property
    def content(self) -> bytes:
        return "\n".join(self._operators).encode("ascii")

    def area(self, x: float, y: float, width: float, height: float, color: str) -> None:
        self._write(f"{_color(color)} {x:.2f} {self._up(y + height):.2f} {width:.2f} {height:.2f} re f")

    def qr(self, left: float, top: float, side: float, qr: QrCode) -> None:
        """Dark modules are one path, so that no viewer leaves hair lines between them."""
        module = side / qr.size
        modules = " ".join([f"{x} {y} {width} 1 re" for x, y, width in qr.runs])
        self._write(
            f"q {_color('#000000')} {module:.4f} 0 0 {-module:.4f} {left:.2f} {self._up(top):.2f} cm {modules} f Q"
        )

    def text(self, x: float, y: float, line: Line, color: str) -> None:
        """`y` is the top of the line's letters."""
        baseline = self._up(y + line.size * line.weight.ascent / 1000)
        font = self._document.use(line)
        self._write(f"BT {_color(color)} /{font} {line.size:g} Tf {x:.2f} {baseline:.2f} Td {_show(line)} ET")

    def _up(self, y: float) -> float:
        return self._document.height - y

    def _write(self, operators: str) -> None:
        self._operators.append(operators)


class Document:
    def __init__(self, title: str, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._title = title
        self._pages: list[Page] = []
        self._used: dict[Weight, dict[int, str]] = defaultdict(dict)

    def add_page(self) -> Page:
        self._pages.append(Page(self))
        return self._pages[-1]

    def use(self, line: Line) -> str:
        """Note the glyphs for the embedded font, whose name is the answer."""
        used = self._used[line.weight]
        for glyph in line.glyphs:
            known = used.get(glyph.id, "")
            # The fewest characters that a glyph was seen to stand for are its own.
            if not known or 0 < len(glyph.text) < len(known):
                used[glyph.id] = glyph.text
        return line.weight.name

    def output(self) -> bytes:
        file = _File()
        tree = file.reserve()
        fonts = " ".join(f"/{weight.name} {_font(file, weight, used)} 0 R" for weight, used in self._used.items())
        kids = [self._page(file, page, tree, fonts) for page in self._pages]
        file.write(tree, f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>")
        catalog = file.add(f"<</Type/Catalog/Pages {tree} 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>")
        info = file.add(f"<</Title <feff{_utf16(self._title)}>/Producer(Fairgate)>>")
        return file.close(catalog, info)

    def _page(self, file: _File, page: Page, tree: int, fonts: str) -> int:
        content = file.add_stream(page.content)
        return file.add(
            f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {self.width:g} {self.height:g}]"
            f"/Resources<</Font<<{fonts}>>>>/Contents {content} 0 R>>"
        )


class _File:
    """Numbered objects and the table of where they stand."""

    def __init__(self) -> None:
        self._bytes = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._offsets: list[int] = []

    def reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets)

    def add(self, body: str) -> int:
        number = self.reserve()
        self.write(number, body)
        return number

    def add_stream(self, data: bytes, entries: str = "") -> int:
        number = self.reserve()
        packed = zlib.compress(data, 3)
        head = f"<</Length {len(packed)}/Filter/FlateDecode{entries}>>\nstream\n"
        self._put(number, head.encode("ascii") + packed + b"\nendstream")
        return number

    def write(self, number: int, body: str) -> None:
        self._put(number, body.encode("ascii"))

    def close(self, catalog: int, info: int) -> bytes:
        table = len(self._bytes)
        rows = "".join(f"{offset:010} 00000 n \n" for offset in self._offsets)
        size = len(self._offsets) + 1
        trailer = f"trailer\n<</Size {size}/Root {catalog} 0 R/Info {info} 0 R>>\nstartxref\n{table}\n%%EOF\n"
        return bytes(self._bytes) + f"xref\n0 {size}\n0000000000 65535 f \n{rows}{trailer}".encode("ascii")

    def _put(self, number: int, body: bytes) -> None:
        self._offsets[number - 1] = len(self._bytes)
        self._bytes += b"%d 0 obj\n%b\nendobj\n" % (number, body)


def _font(file: _File, weight: Weight, used: dict[int, str]) -> int:
    """A composite font whose codes are the numbers of its glyphs (ISO 32000-1, 9.7)."""
    name = f"FAIRGA+NotoSans-{weight.name.capitalize()}"
    data = weight.subset(set(used))
    program = file.add_stream(data, f"/Length1 {len(data)}")
    descriptor = file.add(
        f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[-600 -300 1800 1100]/ItalicAngle 0"
        f"/Ascent {weight.ascent}/Descent -293/CapHeight 714/StemV 80/FontFile2 {program} 0 R>>"
    )
    widths = " ".join(f"{glyph}[{weight.width_of(glyph)}]" for glyph in sorted(used))
    descendant = file.add(
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDToGIDMap/Identity/DW 600/W[{widths}]"
        f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor {descriptor} 0 R>>"
    )
    to_unicode = file.add_stream(_to_unicode(used))
    return file.add(
        f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
        f"/DescendantFonts[{descendant} 0 R]/ToUnicode {to_unicode} 0 R>>"
    )


def _to_unicode(used: dict[int, str]) -> bytes:
    """What a reader copies out, finds and reads aloud."""
    lines = [f"<{glyph:04x}> <{_utf16(text)}>" for glyph, text in sorted(used.items()) if text]
    blocks = (lines[start : start + _BLOCK] for start in range(0, len(lines), _BLOCK))
    mappings = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def /CMapName /Adobe-Identity-UCS def\n"
        f"/CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange\n{mappings}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")


def _show(line: Line) -> str:
    """The operators that show a line: runs of glyphs, and between them what kerning and marks ask for."""
    operators: list[str] = []
    run: list[str] = []
    height = 0
    for glyph in line.glyphs:
        if glyph.y != height:
            operators += [_run(run), f"{glyph.y * line.size / 1000:.2f} Ts"]
            run, height = [], glyph.y
        run += _placed(glyph, line.weight.width_of(glyph.id))
    return " ".join([*operators, _run(run), "0 Ts"] if operators else [_run(run)])


def _placed(glyph: Glyph, width: int) -> list[str]:
    """In an array of TJ, a number moves what follows to the left."""
    after = width - glyph.advance + glyph.x
    return [*([f">{-glyph.x}<"] if glyph.x else []), f"{glyph.id:04x}", *([f">{after}<"] if after else [])]


def _run(parts: list[str]) -> str:
    return f"[<{''.join(parts)}>] TJ"


def _utf16(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex()


def _color(color: str) -> str:
    return " ".join(f"{part / 255:.3f}" for part in bytes.fromhex(color.removeprefix("#"))) + " rg"
