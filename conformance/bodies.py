"""Bodies made as they are sent: of any size, never held, and different from place to place."""

import random
from collections.abc import Iterator
from typing import Final

BLOCK: Final = 262_144


class Bytes:
    """The bytes of one imaginary file: a block that no power of two divides, over and over."""

    def __init__(self, seed: int) -> None:
        self._block = memoryview(random.Random(seed).randbytes(BLOCK - 5))  # noqa: S311 - not a secret

    def of(self, place: range) -> Iterator[memoryview]:
        """The bytes of a place in the file, piece by piece."""
        start = place.start
        while start < place.stop:
            within = start % len(self._block)
            piece = self._block[within : within + place.stop - start]
            yield piece
            start += len(piece)
