"""The mock from Python: `with TikTokMock("--mb", "1000") as mock:`. The pytest fixture is made of it."""

from mockserver.testing.arming import ArmedFault
from mockserver.testing.configuring import OptionError
from mockserver.testing.mock import TikTokMock
from mockserver.testing.thread import MockError
from mockserver.testing.upload import Upload

__all__ = ["ArmedFault", "MockError", "OptionError", "TikTokMock", "Upload"]
