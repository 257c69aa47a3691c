"""The cases for servers as tests of pytest, one each.

`pytest -p conformance.pytest_plugin --pyargs conformance.server --tiktok-api-base URL` judges the server at URL.
Node ids are `conformance/server::CASE`; after the `::` a clause or a glob is understood as well. How a case ends:

    pass       passed
    fail       failed; xfailed if a should-clause is broken (without --tiktok-strict) or the case is known failing
    error      error: the kit or the network failed, not the target
    skip       skipped, with the reason
    reported   passed, with the reading among the properties of the test

A case that is listed as known failing and does not fail is failed; where that is true of a clause, the run is.
Nothing of the kit is loaded unless that package is among what is to be collected.
"""

from pathlib import Path

import pytest

from conformance.pytest_plugin.options import add_options, options_of
from conformance.pytest_plugin.selected import is_kit, selected

_NAMED = pytest.StashKey[bool]()
_MARK = "tiktok_conformance(clause, strength): a case of the conformance kit for upload servers"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `tiktok-conformance server` that say what is judged and how."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read them. Raises pytest.UsageError."""
    config.addinivalue_line("markers", _MARK)
    options = options_of(config)
    only = selected(config)
    config.stash[_NAMED] = only is not None
    if only is None:
        return
    if options["api_base"] is None:
        raise pytest.UsageError("conformance.server judges a server: --tiktok-api-base URL says which")
    if options["rate"] is not None and getattr(config.option, "dist", "no") != "no":
        raise pytest.UsageError("--tiktok-rate counts in one process: leave out -n of pytest-xdist")
    from conformance.pytest_plugin.bench import prepare  # noqa: PLC0415 - heavy

    prepare(config, options, only)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The kit's packages hold cases where others hold test files."""
    if not is_kit(path) or not parent.config.stash[_NAMED]:
        return None
    from conformance.pytest_plugin.items import collector_of  # noqa: PLC0415 - heavy

    return collector_of(path, parent)
