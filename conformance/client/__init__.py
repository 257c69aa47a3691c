"""The judge of clients: an uploader is put through scenarios on a mock, and judged by what it sent.

conformance.client.check(my_upload)                    # all scenarios, from Python
tiktok-conformance client -- my-uploader {file} ...    # the same for any command
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.client.checking import BrokenClausesError, Checker, check, scenarios
    from conformance.client.launcher import Job

__all__ = ["BrokenClausesError", "Checker", "Job", "check", "scenarios"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from conformance.client import checking, launcher  # noqa: PLC0415 - the command's --help does without

    return getattr(launcher if name == "Job" else checking, name)
