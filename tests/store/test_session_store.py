"""The contract of SessionStore, for every adapter. Conflicts are staged: one after the other, never raced."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mockserver.protocol.session import KeptChunk, UploadSession
from mockserver.store.base import Conflict, SessionStore
from mockserver.store.memory import MemoryStore
from support.uploads import upload

ADAPTERS: dict[str, Callable[[int], SessionStore]] = {"memory": MemoryStore}
"""Each by its name; made with the number of uploads it remembers."""
NewStore = Callable[[int], SessionStore]


@pytest.fixture(params=ADAPTERS)
def new_store(request: pytest.FixtureRequest) -> NewStore:
    return ADAPTERS[request.param]


@pytest.fixture
def store(new_store: NewStore) -> SessionStore:
    return new_store(100)


def numbered(number: int) -> UploadSession:
    session = upload(upload_id=f"760000000000000000{number}")
    return replace(session, post=replace(session.post, publish_id=f"v_inbox_file~v2.{number}"))


ONE, TWO, THREE, FOUR = (numbered(number) for number in (1, 2, 3, 4))


async def loaded(store: SessionStore, upload_id: str) -> UploadSession:
    session = await store.load(upload_id)
    assert session is not None
    return session


def moved(session: UploadSession, digest: str) -> UploadSession:
    """`session` with one more chunk."""
    first = session.offset
    return replace(session, chunks=(*session.chunks, KeptChunk(first, first + 4999, digest)))


# ───────────────────────────── add, load, find ─────────────────────────────


async def test_an_added_session_is_found_by_both_ids(store: SessionStore) -> None:
    await store.add(ONE)
    assert await store.load("7600000000000000001") == ONE
    assert await store.find("v_inbox_file~v2.1") == ONE


async def test_every_field_of_a_session_is_kept(store: SessionStore) -> None:
    session = replace(moved(moved(ONE, "aa"), "bb"), issued_at=1_767_225_600.125, lifetime=0.5, completed_at=2.75)
    await store.add(session)
    assert await store.load(session.upload_id) == session


@pytest.mark.parametrize("upload_id", ["7600000000000000002", "", "v_inbox_file~v2.1", "\udcff", "7" * 5000])
async def test_an_unknown_upload_id_finds_nothing(store: SessionStore, upload_id: str) -> None:
    await store.add(ONE)
    assert await store.load(upload_id) is None


@pytest.mark.parametrize("publish_id", ["v_inbox_file~v2.2", "", "7600000000000000001", "\udcff", "v" * 5000])
async def test_an_unknown_publish_id_finds_nothing(store: SessionStore, publish_id: str) -> None:
    await store.add(ONE)
    assert await store.find(publish_id) is None


async def test_sessions_do_not_touch_one_another(store: SessionStore) -> None:
    await store.add(ONE)
    await store.add(TWO)
    await store.replace(await loaded(store, ONE.upload_id), moved(ONE, "aa"))
    assert await store.load(ONE.upload_id) == moved(ONE, "aa")
    assert await store.load(TWO.upload_id) == TWO
    assert await store.find(TWO.post.publish_id) == TWO


# ───────────────────────────── replace ─────────────────────────────


async def test_a_replaced_session_is_found_by_both_ids(store: SessionStore) -> None:
    await store.add(ONE)
    after = moved(ONE, "aa")
    await store.replace(await loaded(store, ONE.upload_id), after)
    assert await store.load(ONE.upload_id) == after
    assert await store.find(ONE.post.publish_id) == after
    assert list(await store.scan()) == [after]


async def test_a_session_is_replaced_again_and_again(store: SessionStore) -> None:
    await store.add(ONE)
    for digest in ("aa", "bb", "cc"):
        session = await loaded(store, ONE.upload_id)
        await store.replace(session, moved(session, digest))
    assert [chunk.digest for chunk in (await loaded(store, ONE.upload_id)).chunks] == ["aa", "bb", "cc"]


async def test_of_two_that_loaded_the_same_session_the_second_meets_a_conflict(store: SessionStore) -> None:
    await store.add(ONE)
    first, second = await loaded(store, ONE.upload_id), await loaded(store, ONE.upload_id)
    await store.replace(first, moved(first, "aa"))
    with pytest.raises(Conflict):
        await store.replace(second, moved(second, "bb"))
    assert await store.load(ONE.upload_id) == moved(ONE, "aa")
    assert await store.find(ONE.post.publish_id) == moved(ONE, "aa")


async def test_who_met_a_conflict_may_load_and_replace_again(store: SessionStore) -> None:
    await store.add(ONE)
    stale = await loaded(store, ONE.upload_id)
    await store.replace(stale, moved(stale, "aa"))
    with pytest.raises(Conflict):
        await store.replace(stale, moved(stale, "bb"))
    fresh = await loaded(store, ONE.upload_id)
    await store.replace(fresh, moved(fresh, "bb"))
    assert [chunk.digest for chunk in (await loaded(store, ONE.upload_id)).chunks] == ["aa", "bb"]


async def test_a_session_two_changes_old_meets_a_conflict(store: SessionStore) -> None:
    await store.add(ONE)
    stale = await loaded(store, ONE.upload_id)
    for digest in ("aa", "bb"):
        session = await loaded(store, ONE.upload_id)
        await store.replace(session, moved(session, digest))
    with pytest.raises(Conflict):
        await store.replace(stale, moved(stale, "cc"))


async def test_a_session_that_was_never_added_meets_a_conflict(store: SessionStore) -> None:
    await store.add(ONE)
    with pytest.raises(Conflict):
        await store.replace(TWO, moved(TWO, "aa"))
    assert await store.load(TWO.upload_id) is None
    assert await store.find(TWO.post.publish_id) is None
    assert list(await store.scan()) == [ONE]


async def test_a_session_from_before_a_clear_meets_a_conflict_and_stays_forgotten(store: SessionStore) -> None:
    await store.add(ONE)
    session = await loaded(store, ONE.upload_id)
    await store.clear()
    with pytest.raises(Conflict):
        await store.replace(session, moved(session, "aa"))
    assert await store.load(ONE.upload_id) is None


# ───────────────────────────── scan, clear ─────────────────────────────


async def test_scan_lists_the_oldest_first(store: SessionStore) -> None:
    for session in (THREE, ONE, TWO):
        await store.add(session)
    assert list(await store.scan()) == [THREE, ONE, TWO]


async def test_a_change_moves_a_session_to_no_other_place(store: SessionStore) -> None:
    for session in (ONE, TWO):
        await store.add(session)
    await store.replace(await loaded(store, ONE.upload_id), moved(ONE, "aa"))
    assert list(await store.scan()) == [moved(ONE, "aa"), TWO]


async def test_an_empty_store_lists_nothing(store: SessionStore) -> None:
    assert list(await store.scan()) == []


async def test_a_list_is_not_changed_by_what_comes_after(store: SessionStore) -> None:
    await store.add(ONE)
    listed = await store.scan()
    await store.add(TWO)
    await store.clear()
    assert list(listed) == [ONE]


async def test_clear_forgets_every_session(store: SessionStore) -> None:
    for session in (ONE, TWO):
        await store.add(session)
    await store.clear()
    assert list(await store.scan()) == []
    assert await store.load(ONE.upload_id) is None
    assert await store.find(TWO.post.publish_id) is None


async def test_a_cleared_store_takes_sessions_again(store: SessionStore) -> None:
    await store.add(ONE)
    await store.clear()
    await store.add(TWO)
    assert list(await store.scan()) == [TWO]


# ───────────────────────────── discard ─────────────────────────────


async def test_a_discarded_session_is_found_by_neither_id(store: SessionStore) -> None:
    for session in (ONE, TWO):
        await store.add(session)
    await store.discard(ONE.upload_id)
    assert await store.load(ONE.upload_id) is None
    assert await store.find(ONE.post.publish_id) is None
    assert list(await store.scan()) == [TWO]


async def test_a_discarded_session_meets_a_conflict(store: SessionStore) -> None:
    await store.add(ONE)
    session = await loaded(store, ONE.upload_id)
    await store.discard(ONE.upload_id)
    with pytest.raises(Conflict):
        await store.replace(session, moved(session, "aa"))
    assert await store.load(ONE.upload_id) is None


@pytest.mark.parametrize("upload_id", ["7600000000000000002", "", "v_inbox_file~v2.1"])
async def test_what_is_not_there_may_be_discarded(store: SessionStore, upload_id: str) -> None:
    await store.add(ONE)
    await store.discard(upload_id)
    assert list(await store.scan()) == [ONE]


async def test_a_session_may_be_discarded_twice(store: SessionStore) -> None:
    await store.add(ONE)
    await store.discard(ONE.upload_id)
    await store.discard(ONE.upload_id)
    assert list(await store.scan()) == []


async def test_a_discarded_session_makes_room(new_store: NewStore) -> None:
    store = new_store(2)
    await store.add(ONE)
    await store.add(TWO)
    await store.discard(TWO.upload_id)
    await store.add(THREE)
    assert list(await store.scan()) == [ONE, THREE]


# ───────────────────────────── only the newest are remembered ─────────────────────────────


async def test_as_many_as_told_are_remembered(new_store: NewStore) -> None:
    store = new_store(3)
    for session in (ONE, TWO, THREE):
        await store.add(session)
    assert list(await store.scan()) == [ONE, TWO, THREE]


async def test_one_more_and_the_oldest_is_forgotten(new_store: NewStore) -> None:
    store = new_store(3)
    for session in (ONE, TWO, THREE, FOUR):
        await store.add(session)
    assert list(await store.scan()) == [TWO, THREE, FOUR]
    assert await store.load(ONE.upload_id) is None
    assert await store.find(ONE.post.publish_id) is None


async def test_the_oldest_is_the_one_added_first_however_much_it_was_used(new_store: NewStore) -> None:
    store = new_store(2)
    await store.add(ONE)
    await store.add(TWO)
    await store.replace(await loaded(store, ONE.upload_id), moved(ONE, "aa"))
    await store.add(THREE)
    assert list(await store.scan()) == [TWO, THREE]


async def test_a_forgotten_session_meets_a_conflict(new_store: NewStore) -> None:
    store = new_store(1)
    await store.add(ONE)
    session = await loaded(store, ONE.upload_id)
    await store.add(TWO)
    with pytest.raises(Conflict):
        await store.replace(session, moved(session, "aa"))
    assert list(await store.scan()) == [TWO]
