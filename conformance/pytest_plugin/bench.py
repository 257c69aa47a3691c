"""What all cases of a pytest run share: the target, met once, its event loop, and the failures known before."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import pytest

from conformance.cases import Case, Finding
from conformance.clauses import Clause, load_clauses
from conformance.pytest_plugin.summary import Summary
from conformance.runner import Runner
from conformance.selection import SelectionError, chosen, mark_known, read_known
from conformance.server import all_cases
from conformance.target import NotHttpError, Settings, Target
from conformance.terms import Terms
from conformance.wire import UnreachableError

try:
    import fcntl
except ImportError:  # Windows has another way to lock
    fcntl = None  # type: ignore[assignment]


class UnableError(Exception):
    """There is no judging this target, and why."""


class Bench:
    """Tries one case at a time."""

    def __init__(
        self,
        settings: Settings,
        cases: Sequence[Case],
        known: Sequence[str],
        *,
        strict: bool,
        config: pytest.Config,
    ) -> None:
        self.cases = sorted(cases, key=lambda case: (case.last, case.alone))
        self.known = known
        self.strict = strict
        self.clauses: dict[str, Clause] = {clause.id: clause for clause in load_clauses()}
        self._config = config
        self._target = Target(settings, self._tell)
        self._loop = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._runner: Runner | None = None
        self._others = _Others(config)

    def meet(self) -> None:
        """See who is there, once. Raises UnableError."""
        if self._runner is not None:
            return
        try:
            self._loop.run(self._target.meet())
        except (UnreachableError, NotHttpError) as error:
            raise UnableError(f"{error}.") from None
        self._runner = Runner(self._target, self.clauses.values())

    def judge(self, case: Case) -> Finding:
        """What came of it, marked where that was known before."""
        self.meet()
        assert self._runner is not None
        with self._others.kept_out(alone=case.alone and self._target.clock):
            findings = self._loop.run(self._runner.run([case]))
        marked, _ = mark_known(findings, self.known)
        return marked[0]

    def fails_run(self, finding: Finding) -> bool:
        """Whether this failure is more than a should, or all have to be kept."""
        return self.strict or self.clauses[finding.case.clause].strength.value != "should"

    def close(self) -> None:
        """End the loop."""
        self._loop.close()
        self._others.close()

    def _tell(self, sentence: str) -> None:
        plugins = self._config.pluginmanager
        reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(sentence)


class _Others:
    """The other workers of pytest-xdist: what moves the clock waits for them, and they wait for it."""

    def __init__(self, config: pytest.Config) -> None:
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._file: IO[str] | None = None
        self.there = worker is not None
        if worker is not None and fcntl is not None:
            path = Path(tempfile.gettempdir(), f"tiktok-conformance-{worker['testrunuid']}.lock")
            self._file = path.open("a")

    @contextmanager
    def kept_out(self, *, alone: bool) -> Iterator[None]:
        """As long as it lasts no other worker moves the clock; `alone`: none does anything."""
        if self._file is None:
            if self.there and alone:
                pytest.skip("it moves the clock, which needs a run without pytest-xdist on this system")
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Nobody is waited for any more."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)


BENCH: Final = pytest.StashKey[Bench]()


def prepare(config: pytest.Config, options: dict[str, Any], only: Sequence[str]) -> None:
    """Make the bench and the summary of a run. Raises pytest.UsageError."""
    terms = Terms(options.pop("profile"), options.pop("mb"))
    path, strict = options.pop("known_failing"), options.pop("strict")
    settings = Settings(options.pop("api_base"), terms, jobs=1, **options)
    everything = all_cases(terms)
    try:
        cases = chosen(everything, only, ())
        known = read_known(path, everything) if path else ()
    except SelectionError as error:
        raise pytest.UsageError(str(error).replace("--list", "--collect-only")) from None
    config.stash[BENCH] = bench = Bench(settings, cases, known, strict=strict, config=config)
    config.add_cleanup(bench.close)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Summary(settings, cases, known), "tiktok-conformance-summary")
