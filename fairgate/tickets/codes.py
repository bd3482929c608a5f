"""The QR code of a ticket: large modules with a spare, so that it reads from a creased print and a dim screen."""

from __future__ import annotations

import re
from dataclasses import dataclass

import zxingcpp

# Restores up to 15 % of a damaged code; the next level would cost four more modules a side.
CORRECTION = "M"

_SIZE = re.compile(r'width="(\d+)"')
_PATH = re.compile(r'<path d="([^"]+)"')


@dataclass(frozen=True)
class QrCode:
    """Dark areas as an SVG path of rectangles, on a square of `size` modules with the quiet zone around."""

    size: int
    path: str


def qr_code(code: str) -> QrCode:
    drawing = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION).to_svg()
    size, path = _SIZE.search(drawing), _PATH.search(drawing)
    if size is None or path is None:
        raise ValueError(drawing)
    return QrCode(int(size[1]), path[1])


def qr_svg(code: str) -> str:
    """The code as a picture of its own or within a page: black on white also by night, as scanners want it."""
    qr = qr_code(code)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {qr.size} {qr.size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{qr.size}v{qr.size}H0z"/><path d="{qr.path}"/></svg>'
    )
