"""The QR code of a ticket: large modules with a spare, so that it reads from a creased print and a dim screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import zxingcpp
from PIL import Image

# Restores up to 15 % of a damaged code; the next level would cost four more modules a side.
CORRECTION = "M"

# Pixels a module on paper: viewers that smooth pictures then blur an eighth of it.
SCALE = 4

_DARK = re.compile(rb"\x00+")


class Run(NamedTuple):
    """Dark modules side by side."""

    x: int
    y: int
    width: int


@dataclass(frozen=True)
class QrCode:
    """A square of `size` modules, with the quiet zone around the code."""

    size: int
    runs: tuple[Run, ...]


def qr_code(code: str) -> QrCode:
    picture = _barcode(code).to_image()
    size, modules = picture.shape[0], memoryview(picture).tobytes()  # type: ignore[arg-type]
    return QrCode(size, tuple(run for y in range(size) for run in _runs(modules, y, size)))


def qr_picture(code: str) -> Image.Image:
    return Image.fromarray(_barcode(code).to_image(scale=SCALE))


def qr_svg(code: str) -> str:
    """The code as a picture of its own or within a page: black on white also by night, as scanners want it."""
    qr = qr_code(code)
    path = "".join([f"M{run.x} {run.y}h{run.width}v1h-{run.width}z" for run in qr.runs])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {qr.size} {qr.size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{qr.size}v{qr.size}H0z"/><path d="{path}"/></svg>'
    )


def _barcode(code: str) -> zxingcpp.Barcode:
    return zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level=CORRECTION)


def _runs(modules: bytes, y: int, size: int) -> list[Run]:
    start = y * size
    found = _DARK.finditer(modules, start, start + size)
    return [Run(match.start() - start, y, match.end() - match.start()) for match in found]
