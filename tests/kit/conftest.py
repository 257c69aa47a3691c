"""A mock in a process of its own, for the kit to judge."""

from collections.abc import Iterator

import pytest

from support.commands import serving


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    """A documented mock whose MB is 1000 bytes."""
    with serving("--quiet", "--mb", "1000", "--body-timeout", "3") as (_, url):
        yield url
