"""Which requests began before a reset."""

from mockserver.resets import Resets


def test_without_a_reset_nothing_is_stale() -> None:
    resets = Resets()
    assert not resets.stale(resets.ticket(), "one")
    assert not resets.stale(resets.ticket(), None)


def test_tickets_grow() -> None:
    resets = Resets()
    tickets = [resets.ticket() for _ in range(3)]
    resets.reset()
    resets.reset("one")
    tickets.append(resets.ticket())
    assert tickets == sorted(set(tickets))


def test_a_reset_makes_everything_before_it_stale_and_nothing_after_it() -> None:
    resets = Resets()
    before = resets.ticket()
    resets.reset()
    after = resets.ticket()
    for owner in ("one", None):
        assert resets.stale(before, owner)
        assert not resets.stale(after, owner)


def test_a_reset_of_one_token_makes_its_requests_stale_alone() -> None:
    resets = Resets()
    before = resets.ticket()
    resets.reset("one")
    after = resets.ticket()
    assert [resets.stale(before, owner) for owner in ("one", "two", None)] == [True, False, False]
    assert not resets.stale(after, "one")


def test_resets_of_several_tokens_count_apart() -> None:
    resets = Resets()
    first = resets.ticket()
    resets.reset("one")
    second = resets.ticket()
    resets.reset("two")
    third = resets.ticket()
    assert [resets.stale(first, owner) for owner in ("one", "two")] == [True, True]
    assert [resets.stale(second, owner) for owner in ("one", "two")] == [False, True]
    assert [resets.stale(third, owner) for owner in ("one", "two")] == [False, False]


def test_a_token_may_be_reset_again() -> None:
    resets = Resets()
    resets.reset("one")
    between = resets.ticket()
    assert not resets.stale(between, "one")
    resets.reset("one")
    assert resets.stale(between, "one")


def test_a_reset_of_all_covers_every_token_whatever_was_reset_before() -> None:
    resets = Resets()
    resets.reset("one")
    before = resets.ticket()
    resets.reset()
    after = resets.ticket()
    assert resets.stale(before, "one")
    assert resets.stale(before, "two")
    assert not resets.stale(after, "one")
    resets.reset("one")
    assert resets.stale(after, "one")
    assert not resets.stale(after, "two")
