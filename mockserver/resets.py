"""Which requests began before a reset: those touch nothing after it."""


class Resets:
    """Numbers requests and resets in one sequence; a reset can be narrowed to one bearer token."""

    def __init__(self) -> None:
        self._number = 0
        self._last = 0
        self._last_of: dict[str, int] = {}

    def ticket(self) -> int:
        """A number for a request that begins now."""
        self._number += 1
        return self._number

    def reset(self, token: str | None = None) -> None:
        """From now on requests that began before (those of `token` only) are stale."""
        if token is None:
            self._last = self.ticket()
            self._last_of.clear()
        else:
            self._last_of[token] = self.ticket()

    def stale(self, ticket: int, owner: str | None) -> bool:
        """Whether a request with this ticket, of this owner, began before a reset."""
        return ticket < self._last or (owner is not None and ticket < self._last_of.get(owner, 0))
