"""A mock whose MB is 1000 bytes, without pytest's plugin around it."""

from collections.abc import Iterator

import pytest

from mockserver.testing import TikTokMock


@pytest.fixture
def mock() -> Iterator[TikTokMock]:
    with TikTokMock(mb=1000) as running:
        yield running
