import asyncio
import re
import threading

import pytest

from mockserver.bodies import Body, body_factory, digest_algorithms

PIECES = (b"a", b"", b"b", b"c")
DIGESTS_OF_ABC = {
    "xxh3_128": "06b05ab6733a618578af5f94892f3950",
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha3_256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "blake2s": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
}
DIGESTS_OF_NOTHING = {
    "xxh3_128": "99aa06d3014798d86001c324468d497f",
    "md5": "d41d8cd98f00b204e9800998ecf8427e",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}


class Recorder:
    """A hasher that notes what it is given and in which thread."""

    def __init__(self) -> None:
        self.given: list[bytes] = []
        self.threads: set[int] = set()

    def update(self, data: bytes, /) -> None:
        self.given.append(data)
        self.threads.add(threading.get_ident())

    def hexdigest(self) -> str:
        return "-".join(piece.decode() for piece in self.given)


class Gate(Recorder):
    """A hasher that takes a piece in only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def update(self, data: bytes, /) -> None:
        assert self.open.wait(10)
        super().update(data)


class Broken(Recorder):
    def update(self, data: bytes, /) -> None:
        raise MemoryError(data)


async def _let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("algorithm", "digest"), DIGESTS_OF_ABC.items(), ids=DIGESTS_OF_ABC)
async def test_a_body_is_counted_and_digested_piece_by_piece(algorithm: str, digest: str) -> None:
    body = body_factory(algorithm)()
    for piece in PIECES:
        await body.write(piece)
    assert body.received == 3
    assert await body.digest() == digest


@pytest.mark.parametrize(("algorithm", "digest"), DIGESTS_OF_NOTHING.items(), ids=DIGESTS_OF_NOTHING)
async def test_an_empty_body_has_a_digest(algorithm: str, digest: str) -> None:
    body = body_factory(algorithm)()
    assert body.received == 0
    assert await body.digest() == digest


async def test_without_a_digest_bytes_are_still_counted() -> None:
    body = body_factory("none")()
    for piece in PIECES:
        await body.write(piece)
    assert body.received == 3
    assert await body.digest() is None


async def test_bodies_of_one_factory_do_not_share_a_digest() -> None:
    make = body_factory("sha256")
    one, other = make(), make()
    await one.write(b"abc")
    assert other.received == 0
    assert await other.digest() == DIGESTS_OF_NOTHING["sha256"]


async def test_a_digest_may_be_asked_for_twice() -> None:
    body = body_factory("sha256")()
    await body.write(b"abc")
    assert await body.digest() == DIGESTS_OF_ABC["sha256"]
    assert await body.digest() == DIGESTS_OF_ABC["sha256"]


@pytest.mark.parametrize("algorithm", [name for name in digest_algorithms() if name != "none"])
async def test_every_algorithm_that_is_offered_works(algorithm: str) -> None:
    body = body_factory(algorithm)()
    await body.write(b"abc")
    assert re.fullmatch("[0-9a-f]{32,}", await body.digest() or "")


def test_the_fast_digest_and_none_are_offered_first() -> None:
    assert digest_algorithms()[:2] == ["xxh3_128", "none"]


def test_what_every_python_has_is_offered() -> None:
    assert {"md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256"} <= set(digest_algorithms())


@pytest.mark.parametrize("algorithm", ["shake_128", "shake_256"])
def test_a_digest_without_a_length_of_its_own_is_not_offered(algorithm: str) -> None:
    assert algorithm not in digest_algorithms()


@pytest.mark.parametrize("algorithm", ["", "shake_128", "SHA256", "sha-256", "crc", "None"])
def test_an_algorithm_that_does_not_exist_is_refused_by_name(algorithm: str) -> None:
    with pytest.raises(ValueError, match=f"no digest algorithm is called {algorithm!r}"):
        body_factory(algorithm)


async def test_a_fast_hasher_works_at_once_where_it_is_called() -> None:
    hasher = Recorder()
    body = Body(hasher)
    await body.write(b"a")
    assert hasher.given == [b"a"]
    assert hasher.threads == {threading.get_ident()}


async def test_a_slow_hasher_works_in_another_thread() -> None:
    hasher = Recorder()
    body = Body(hasher, slow=True)
    await body.write(b"a")
    await body.write(b"b")
    assert await body.digest() == "a-b"
    assert threading.get_ident() not in hasher.threads


async def test_a_slow_hasher_holds_up_the_next_piece_but_not_its_own() -> None:
    hasher = Gate()
    body = Body(hasher, slow=True)
    await body.write(b"a")
    second = asyncio.create_task(body.write(b"b"))
    await _let_others_run()
    assert not second.done()
    hasher.open.set()
    await second
    assert await body.digest() == "a-b"


async def test_a_digest_waits_for_the_last_piece() -> None:
    hasher = Gate()
    body = Body(hasher, slow=True)
    await body.write(b"a")
    digest = asyncio.create_task(body.digest())
    await _let_others_run()
    assert not digest.done()
    hasher.open.set()
    assert await digest == "a"


async def test_a_piece_counts_as_soon_as_it_has_come() -> None:
    hasher = Gate()
    body = Body(hasher, slow=True)
    await body.write(b"abc")
    assert body.received == 3
    hasher.open.set()
    await body.digest()


async def test_a_hasher_that_breaks_is_heard_of() -> None:
    body = Body(Broken(), slow=True)
    await body.write(b"a")
    with pytest.raises(MemoryError):
        await body.digest()


class Sink:
    """Takes pieces, and notes how many the hasher had by then."""

    def __init__(self, hasher: Recorder) -> None:
        self.taken: list[tuple[bytes, int]] = []
        self._hasher = hasher

    async def write(self, piece: bytes, /) -> None:
        self.taken.append((piece, len(self._hasher.given)))


async def test_pieces_go_into_the_sink_before_they_are_digested() -> None:
    # A sink writes in a thread: what it has been given is on its way while the digest is at work.
    hasher = Recorder()
    sink = Sink(hasher)
    body = Body(hasher, sink=sink)
    for piece in (b"a", b"b"):
        await body.write(piece)
    assert sink.taken == [(b"a", 0), (b"b", 1)]
    assert hasher.given == [b"a", b"b"]


@pytest.mark.parametrize("algorithm", ["none", "xxh3_128", "sha256"])
async def test_every_body_of_a_factory_can_have_a_sink(algorithm: str) -> None:
    sink = Sink(Recorder())
    body = body_factory(algorithm)(sink)
    await body.write(b"abc")
    assert sink.taken == [(b"abc", 0)]
    assert body.received == 3
    assert await body.digest() == DIGESTS_OF_ABC.get(algorithm)
