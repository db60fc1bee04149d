"""The one hash: BLAKE2b of 16 bytes over parts that can't run into each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

DIGEST_BYTES = 16  # 2**64 values until two different ones are likely to collide


def digest(*parts: bytes) -> bytes:
    """Return the digest of ``parts``, each preceded by its length."""
    hasher = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        hasher.update(b"%d:" % len(part))
        hasher.update(part)
    return hasher.digest()


def digest_stream(head: bytes, buffers: Iterable[Any]) -> bytes:
    """Return the digest of ``head`` and of the bytes of ``buffers`` (contiguous, bytes-like), without copying them.

    ``head`` must say how long the buffers are together where that can vary.
    """
    hasher = hashlib.blake2b(b"%d:" % len(head), digest_size=DIGEST_BYTES)
    hasher.update(head)
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.digest()
