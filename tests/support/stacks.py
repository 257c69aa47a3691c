"""HTTP stacks of the world, each with an uploader that knows only TikTok's real URL, and the way in that works."""

import sys
from dataclasses import dataclass
from pathlib import Path

CLIENTS = Path(__file__).parents[1] / "intercept" / "clients"


@dataclass(frozen=True, slots=True)
class Stack:
    """`modes` are the values of --intercept under which its uploader works; docs/intercept.md has the same."""

    name: str
    command: tuple[str, ...]
    """{file} is the video."""
    modes: tuple[str, ...] = ("proxy", "netns")


def _python(name: str, *more: str) -> tuple[str, ...]:
    return (sys.executable, str(CLIENTS / f"upload_{name}.py"), "{file}", *more)


HERE = (
    Stack("curl", ("sh", str(CLIENTS / "upload_curl.sh"), "{file}")),
    Stack("Python requests", _python("requests")),
    Stack("Python httpx", _python("httpx")),
    Stack("Python aiohttp, `trust_env=True`", _python("aiohttp", "--trust-env")),
    Stack("Python aiohttp", _python("aiohttp"), ("netns",)),
)
ELSEWHERE = (
    Stack("Node fetch", ("node", str(CLIENTS / "upload_fetch.mjs"), "{file}"), ("netns",)),
    Stack("Node axios", ("node", str(CLIENTS / "upload_axios.mjs"), "{file}")),
    Stack("PHP curl", ("php", str(CLIENTS / "upload.php"), "{file}")),
    Stack("Java HttpClient", ("java", str(CLIENTS / "Upload.java"), "{file}")),
)
