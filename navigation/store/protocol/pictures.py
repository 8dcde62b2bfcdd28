"""The files of screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from navigation.types import Box


class BlobStore(Protocol):
    """Screenshots by id, as files or objects."""

    def put_received(self, image_id: str, data: bytes, received_format: str) -> None:
        """Keep the bytes as received, durably (write, fsync, rename, fsync folder). Twice does once."""

    def discard(self, image_id: str) -> None:
        """Remove a picture's files, small ones too: only for one that no row owns (any more)."""

    def has(self, image_id: str) -> bool:
        """Whether there is a file of this picture, whole or not."""

    def ids_before(self, moment: datetime) -> Iterator[str]:
        """Ids of the pictures with a file written before then."""

    def reencode(self, image_id: str) -> tuple[str, int] | None:
        """Replace the received file by lossless WebP, verified equal pixel by pixel; None if there is nothing to do.

        Returns the stored format and its size in bytes.
        """

    def read(self, image_id: str) -> tuple[bytes, str]:
        """The stored bytes and their format ("webp", "png", "jpeg"…).

        Raises FileNotFoundError when missing, DamagedPictureError when no longer what was stored.
        """

    def thumbnail(self, image_id: str, width: int) -> bytes:
        """A WebP at most `width` pixels wide, made on first use and kept. Raises as `read`."""

    def crop(self, image_id: str, box: Box, width: int) -> bytes:
        """A WebP of what lies in `box`, `width` pixels wide, made on first use and kept; what is off the picture is
        transparent. Raises as `read`."""
