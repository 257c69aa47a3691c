"""Streams of servers that tests run in a loop of their own."""

import asyncio


async def close(writer: asyncio.StreamWriter) -> None:
    """Until it is closed indeed: the loop may end next, and what is open then is a warning."""
    writer.close()
    try:
        async with asyncio.timeout(5):
            await writer.wait_closed()
    except (OSError, asyncio.CancelledError):  # TimeoutError is an OSError
        writer.transport.abort()
        await asyncio.sleep(0)
