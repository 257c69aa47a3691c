"""How a file is cut into chunks: declared at init, then sent in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from client_reference.errors import PlanError

MAX_CHUNKS: Final = 1000
# "MB" is 1,000,000 or 1,048,576 bytes; the guide does not say (A2). Without a chosen unit the limits are the
# narrower of both: five of the larger unit, sixty-four of the smaller.
SMALL_MB: Final = 1_000_000
LARGE_MB: Final = 1_048_576
LEAST_MB: Final = 200  # below, a thousand chunks of 5 MB would be smaller than the rest they have to absorb


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, `number` counted from 1: bytes `first` to `last`, both included, of `total`."""

    number: int
    first: int
    last: int
    total: int

    @property
    def size(self) -> int:
        """Bytes in this chunk: the Content-Length of its request."""
        return self.last - self.first + 1

    @property
    def final(self) -> bool:
        return self.last + 1 == self.total

    @property
    def content_range(self) -> str:
        """The Content-Range of its request: inclusive last, total behind the slash (C-HEADERS)."""
        return f"bytes {self.first}-{self.last}/{self.total}"


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """What init declares, in bytes; the count is floor(video_size / chunk_size), never ceil (C-PLAN).

    The final chunk absorbs the rest, so it is up to twice as large as the others less one byte. Numbers that
    do not fit one another raise PlanError; limits in MB are the business of `for_size`.
    """

    video_size: int
    chunk_size: int
    total_chunk_count: int

    def __post_init__(self) -> None:
        if self.video_size < 1:
            raise PlanError(f"The file has {self.video_size} bytes; a video of at least 1 byte is wanted.")
        if not 1 <= self.chunk_size <= self.video_size:
            raise PlanError(f"chunk_size is {self.chunk_size}; from 1 to {self.video_size} bytes are wanted.")
        count = self.video_size // self.chunk_size
        if self.total_chunk_count != count:
            raise PlanError(
                f"total_chunk_count is {self.total_chunk_count}; {self.video_size} bytes in chunks of "
                f"{self.chunk_size} make {count}, rounded down."
            )
        if count > MAX_CHUNKS:
            raise PlanError(f"{count} chunks are too many; ask for a chunk_size that makes {MAX_CHUNKS} or fewer.")

    @classmethod
    def for_size(cls, video_size: int, *, chunk_size: int | None = None, mb: int | None = None) -> Self:
        """Plan for a file of `video_size` bytes.

        Without `chunk_size` an equal split into chunks of 10 to 20 MB (more above 20 GB, where a thousand
        chunks are the limit): legal under both wordings of the count rule and, without `mb`, under both units
        (C-PLAN-PORTABLE). With `chunk_size` chunks of exactly that many bytes, or the whole file in one where
        no second one fits. `mb` is the unit that 5 and 64 MB count in. Raises PlanError where there is no
        legal plan.
        """
        if mb is not None and mb < LEAST_MB:
            raise PlanError(f"mb is {mb}; a unit of at least {LEAST_MB} bytes is wanted.")
        if video_size < 1:
            raise PlanError(f"The file has {video_size} bytes; a video of at least 1 byte is wanted.")
        least, most = 5 * (mb or LARGE_MB), 64 * (mb or SMALL_MB)
        if chunk_size is None:
            return cls._equal_split(video_size, preferred=10 * (mb or SMALL_MB), most=most)
        return cls._exact(video_size, chunk_size, least=least, most=most)

    @classmethod
    def _equal_split(cls, video_size: int, *, preferred: int, most: int) -> Self:
        count = min(max(video_size // preferred, 1), MAX_CHUNKS)
        size = video_size // count
        if size > most:
            raise PlanError(
                f"The file has {video_size} bytes; {MAX_CHUNKS} chunks of at most {most} cannot hold it: "
                "make it smaller."
            )
        return cls(video_size, size, count)

    @classmethod
    def _exact(cls, video_size: int, chunk_size: int, *, least: int, most: int) -> Self:
        if chunk_size < min(least, video_size):
            raise PlanError(f"chunk_size is {chunk_size}; ask for at least {least} bytes, or for none.")
        count = max(video_size // chunk_size, 1)
        size = video_size if count == 1 else chunk_size  # one chunk of another size is refused by some (A3)
        if size > most:
            raise PlanError(
                f"chunk_size is {chunk_size}, which cuts {video_size} bytes into chunks of {size}; "
                f"ask for one that makes none of more than {most} bytes, or for none."
            )
        return cls(video_size, size, count)

    def chunk(self, number: int) -> Chunk:
        """Chunk `number`, from 1 to total_chunk_count; IndexError beyond."""
        if not 1 <= number <= self.total_chunk_count:
            raise IndexError(f"chunk {number} of {self.total_chunk_count}")
        end = self.video_size if number == self.total_chunk_count else number * self.chunk_size
        return Chunk(number, (number - 1) * self.chunk_size, end - 1, self.video_size)

    @property
    def ranges(self) -> Iterator[Chunk]:
        """All chunks, in order."""
        return (self.chunk(number) for number in range(1, self.total_chunk_count + 1))

    def chunk_at(self, offset: int) -> Chunk | None:
        """The chunk that starts at byte `offset`; None where none does."""
        number, rest = divmod(offset, self.chunk_size)
        return self.chunk(number + 1) if not rest and 0 <= number < self.total_chunk_count else None

    def is_edge(self, offset: int) -> bool:
        """Whether a server may stand at `offset`: before a chunk, or behind the last."""
        return offset == self.video_size or self.chunk_at(offset) is not None
