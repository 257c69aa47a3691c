"""Broken servers: each is our own mock, honest but for one thing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mockserver.config import Config
from mockserver.protocol.rules import DOCUMENTED
from support.perturbing import PerturbingProxy, Rewrite
from support.planting import Edit, planted
from support.servers import ThreadServer

MB = 1000
BODY_TIMEOUT = 2


@dataclass(frozen=True)
class Mutant:
    """`clauses` are the ids that it breaks: the first has to catch it, the others may not be spared by the bug.

    What is wrong with it is one of three: a proxy that rewrites answers (`rewrite` makes one), edits of the
    mock's source, or options of the mock.
    """

    sentence: str
    clauses: str
    rewrite: Callable[[], Rewrite] | None = None
    edits: tuple[Edit, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def clause(self) -> str:
        return self.clauses.split()[0]

    @property
    def red(self) -> frozenset[str]:
        """All that turn red, and no other may."""
        return frozenset(self.clauses.split())

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its URL. It bends this process's mock while it runs: one at a time."""
        config = Config(rules=DOCUMENTED.with_mb(MB), body_timeout=BODY_TIMEOUT, **self.options)
        with ExitStack() as stack:
            stack.enter_context(planted(*self.edits))
            url = stack.enter_context(ThreadServer(config)).url
            if self.rewrite is not None:
                url = stack.enter_context(PerturbingProxy(url, self.rewrite())).url
            yield url
