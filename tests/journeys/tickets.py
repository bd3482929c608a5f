"""What is in a ticket's mail, read as a person and a camera would."""

from __future__ import annotations

from email.message import EmailMessage

import pypdfium2
import zxingcpp


def codes(mail: EmailMessage) -> list[str]:
    """The codes on the pages of the attached PDF."""
    document = _attached(mail)
    try:
        found = [zxingcpp.read_barcodes(page.render(scale=3).to_pil()) for page in document]
    finally:
        document.close()
    assert all(len(barcodes) == 1 for barcodes in found)
    return [barcodes[0].text for barcodes in found]


def texts(mail: EmailMessage) -> list[str]:
    """What its pages say in words."""
    document = _attached(mail)
    try:
        return [str(page.get_textpage().get_text_bounded()) for page in document]
    finally:
        document.close()


def _attached(mail: EmailMessage) -> pypdfium2.PdfDocument:
    (attached,) = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    return pypdfium2.PdfDocument(attached.get_content())
