"""The QR code of a ticket: large modules with a spare, so that it reads from a creased print and a dim screen."""

from __future__ import annotations

import re

import zxingcpp
from PIL import Image

# Restores up to 15 % of a damaged code; the next level would cost four more modules a side.
CORRECTION = "M"

# Pixels a module on paper: viewers that smooth pictures then blur an eighth of it.
SCALE = 4

_DARK = re.compile(rb"\x00+")


def qr_picture(code: str) -> Image.Image:
    return Image.fromarray(_barcode(code).to_image(scale=SCALE))


def qr_svg(code: str) -> str:
    """The code as a picture of its own or within a page: black on white also by night, as scanners want it."""
    picture = _barcode(code).to_image()
    size = picture.shape[0]
    # The quiet zone ends each row in white, so no run of dark modules goes on in the next.
    runs = _DARK.finditer(memoryview(picture).tobytes())  # type: ignore[arg-type]
    path = "".join(
        [f"M{start % size} {start // size}h{end - start}v1h-{end - start}z" for start, end in map(re.Match.span, runs)]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def _barcode(code: str) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION)
