"""Ticket codes that a gate can check without asking anyone: Ed25519 (RFC 8032) over a few bytes, in base 32.

Layout of the signed bytes: version (1), key id (4), event (8), ticket (16); then the signature (64). In Crockford's
alphabet that is 149 characters, which a QR code stores in its dense alphanumeric mode and a scanner that behaves like a
keyboard types without touching shift.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairgate.lib.ids import ALPHABET

VERSION = 1
_HEAD = struct.Struct(">B4sQ16s")
_SIGNATURE = 64
_DIGITS = (8 * (_HEAD.size + _SIGNATURE) + 4) // 5
_VALUES = {char: value for value, char in enumerate(ALPHABET)}


class Forged(Exception):
    """Looks like a ticket code, yet nobody here signed it."""


class NotACode(Exception):
    """Not a ticket code at all."""


@dataclass(frozen=True)
class SignedTicket:
    event: int
    ticket: UUID


def sign(secret_key: str, event: int, ticket: UUID) -> str:
    """The code of a ticket; the same ticket always gets the same code."""
    key, key_id = _key(secret_key)
    head = _HEAD.pack(VERSION, key_id, event, ticket.bytes)
    return _encode(head + key.sign(head))


def verify(secret_key: str, code: str) -> SignedTicket:
    """What a code says, once its signature holds. Raises NotACode or Forged."""
    raw = _decode(code)
    head, signature = raw[: _HEAD.size], raw[_HEAD.size :]
    version, key_id, event, ticket = _HEAD.unpack(head)
    key, own_id = _key(secret_key)
    if version != VERSION or key_id != own_id:
        raise Forged
    try:
        key.public_key().verify(signature, head)
    except InvalidSignature as error:
        raise Forged from error
    return SignedTicket(event, UUID(bytes=ticket))


@cache
def _key(secret_key: str) -> tuple[Ed25519PrivateKey, bytes]:
    seed = hmac.digest(secret_key.encode(), b"ticket signing", hashlib.sha256)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key, hashlib.sha256(key.public_key().public_bytes_raw()).digest()[:4]


def _encode(raw: bytes) -> str:
    number = int.from_bytes(raw)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))


def _decode(code: str) -> bytes:
    if len(code) != _DIGITS or not all(char in _VALUES for char in code):
        raise NotACode
    number = 0
    for char in code:
        number = number << 5 | _VALUES[char]
    try:
        return number.to_bytes(_HEAD.size + _SIGNATURE)
    except OverflowError as error:
        raise NotACode from error
