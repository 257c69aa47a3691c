"""`tiktok-mock demo`: a real server, a real uploader process, and what passed between them."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
import xxhash

from mockserver.app import start
from mockserver.config import Config
from mockserver.faults.reading import read_faults
from mockserver.journal import Entry
from mockserver.protocol.session import UploadSession

DEMO_SIZE: Final = 50_000_123
"""The file of the guide's chunk example."""
FAULTS: Final = (
    {"on": {"operation": "chunk", "chunk": 2}, "when": "before_body", "do": {"kind": "status", "status": 503}},
    {"on": {"operation": "chunk", "chunk": 3}, "when": "after_commit", "do": {"kind": "close"}},
)
"""A gateway that is down for a moment, and an answer that is lost: what an uploader has to survive."""
TOKEN: Final = "demo-token"  # noqa: S105 - a token for a server that accepts any


def run_demo(file: Path | None) -> int:
    """Upload `file`, or a made one, to a server of our own; the uploader's exit code."""
    with tempfile.TemporaryDirectory(prefix="tiktok-mock-demo-") as folder:
        if file is None:
            file = Path(folder) / "guide-example.mp4"
            _make(file)
            click.echo(f"A file like the guide's chunk example was made: {DEMO_SIZE:,} bytes.")
        try:
            return asyncio.run(_demo(file))
        except KeyboardInterrupt:
            return 130


def _make(file: Path) -> None:
    """Bytes that differ from place to place, so that a chunk in the wrong place would show."""
    with file.open("wb") as out:
        left, number = DEMO_SIZE, 0
        while left:
            piece = number.to_bytes(8, "big") * 131_072
            out.write(piece[: min(left, len(piece))])
            left -= min(left, len(piece))
            number += 1


async def _demo(file: Path) -> int:
    def show(entry: Entry) -> None:
        request = entry.content_range or f"{entry.method} {entry.path}"
        fault = f"  <- fault: {entry.fault.kind} {entry.fault.when}" if entry.fault else ""
        click.echo(f"  server  {entry.status or '---'}  {request}  {entry.reason}{fault}")

    server = await start(Config(faults=read_faults(FAULTS)), show)
    try:
        click.echo(f"tiktok-mock ready at {server.url}")
        command = ["-m", "client_reference", str(file), "--api-base", server.url, "--token", TOKEN]
        click.echo(f"$ python {' '.join(command)}")
        code = await _run_uploader(command)
        for session in await server.service.uploads():
            _report(session, file)
        return 0 if code == 0 else 1
    finally:
        await server.close()


async def _run_uploader(command: list[str]) -> int:
    """Run it with its output in a pipe, so that it prints lines instead of drawing over ours."""
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    try:
        if process.stdout is not None:
            async for line in process.stdout:
                click.echo(f"  client  {line.decode().rstrip()}")
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _report(session: UploadSession, file: Path) -> None:
    source = session.source
    state = "complete" if session.complete else "NOT complete"
    same = _same_bytes(session, file)
    click.echo(
        f"Upload {session.upload_id} is {state}: {session.offset:,} of {source.video_size:,} bytes "
        f"in {len(session.chunks)} of {source.total_chunk_count} chunks, "
        f"{'byte for byte' if same else 'NOT'} those of the file."
    )


def _same_bytes(session: UploadSession, file: Path) -> bool:
    with file.open("rb") as whole:
        return all(
            kept.digest == xxhash.xxh3_128(whole.read(kept.last - kept.first + 1)).hexdigest()
            for kept in session.chunks
        )
