from __future__ import annotations

import re
from uuid import UUID

import zxingcpp
from PIL import Image, ImageDraw

from fairgate.lib import signing
from fairgate.tickets import codes

CODE = signing.sign("k" * 32, 7, UUID(int=7))


def test_the_picture_says_the_code() -> None:
    assert zxingcpp.read_barcodes(_draw(codes.qr_svg(CODE)))[0].text == CODE


def test_the_code_reads_with_a_tenth_of_it_covered() -> None:
    picture = _draw(codes.qr_svg(CODE))
    side = picture.width // 4
    ImageDraw.Draw(picture).rectangle((side * 2, side * 2, side * 2 + side, side * 2 + side), fill="white")

    assert zxingcpp.read_barcodes(picture)[0].text == CODE


def test_the_picture_keeps_its_quiet_zone() -> None:
    picture = codes.qr_svg(CODE)

    assert 'viewBox="0 0 49 49"' in picture
    assert min(int(x) for x in re.findall(r"M(\d+) ", picture.split("d=")[2])) == 4


def _draw(svg: str) -> Image.Image:
    """Rectangles only, so no renderer is needed."""
    size = int(re.search(r"viewBox=\"0 0 (\d+)", svg)[1])  # type: ignore[index]
    picture = Image.new("L", (size, size), 255)
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(1)h-", svg):
        left, top = int(x), int(y)
        ImageDraw.Draw(picture).rectangle((left, top, left + int(width) - 1, top + int(height) - 1), fill=0)
    return picture.resize((size * 8, size * 8), Image.Resampling.NEAREST)
