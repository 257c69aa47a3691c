"""Uploaders that are wrong in one way each: `python broken.py NAME [UPLOAD_URL]`. A name is a class in kebab case.

The sentence of each stands in docs/detection-client.md, and so does what it is caught by.
"""

import http.client
import json
import re
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from uploader import Answer, Uploader, UploadError

# ── the plan ──


class CeilCount(Uploader):
    """Rounds the count up."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(10 * self.mb, self.size)
        return chunk_size, -(-self.size // chunk_size)


class CeilMinusOne(Uploader):
    """Takes one chunk less than the count rounded up: right until the size is a multiple of the chunks'."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(10 * self.mb, self.size)
        return chunk_size, max(-(-self.size // chunk_size) - 1, 1)


class FloorToZero(Uploader):
    """Declares no chunk at all for a file smaller than one."""

    def plan(self) -> tuple[int, int]:
        chunk_size = 10 * self.mb
        return min(chunk_size, self.size), self.size // chunk_size


class RuntLastChunk(Uploader):
    """Declares the right count, and sends the trailing bytes as one more chunk."""

    def spans(self) -> list[tuple[int, int]]:
        starts = range(0, self.size, self.chunk_size)
        return [(start, min(start + self.chunk_size, self.size) - 1) for start in starts]


class AllInOne(Uploader):
    """Sends files of any size in one chunk."""

    def plan(self) -> tuple[int, int]:
        return self.size, 1


class ChunkSizeAboveFile(Uploader):
    """Declares chunks of 10 MB for a smaller file too."""

    def plan(self) -> tuple[int, int]:
        return 10 * self.mb, super().plan()[1]


class ChunksOfOneMegabyte(Uploader):
    """Cuts the file into chunks of 1 MB."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(self.mb, self.size)
        return chunk_size, self.size // chunk_size


class SizeInKilobytes(Uploader):
    """Declares the size rounded down to whole kilobytes."""

    def plan(self) -> tuple[int, int]:
        self.size -= self.size % 1000
        return super().plan()


class FiveDecimalMegabytes(Uploader):
    """Cuts chunks of 5,000,000 bytes, too small where a MB is 1,048,576."""

    def plan(self) -> tuple[int, int]:
        chunk_size = min(5 * self.mb, self.size)
        return chunk_size, self.size // chunk_size


# ── headers, the URL, the bytes ──


class ExclusiveLast(Uploader):
    """Gives as LAST the byte after the last."""

    def content_range(self, first: int, last: int) -> str:
        return super().content_range(first, last + 1)


class RangeWithoutUnit(Uploader):
    """Leaves out the word bytes."""

    def content_range(self, first: int, last: int) -> str:
        return super().content_range(first, last).removeprefix("bytes ")


class ChunkAsTotal(Uploader):
    """Gives the chunk's length as TOTAL."""

    def content_range(self, first: int, last: int) -> str:
        return f"bytes {first}-{last}/{last - first + 1}"


class WholeFileEachTime(Uploader):
    """Sends the whole file for each range."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Content-Length": str(self.size)}

    def body(self, first: int, last: int) -> Iterable[bytes]:
        return super().body(0, self.size - 1)


class ChunkedCoding(Uploader):
    """Streams each chunk without a Content-Length."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        headers = super().headers(first, last)
        del headers["Content-Length"]
        return headers


class OctetStream(Uploader):
    """Sends every chunk as application/octet-stream."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Content-Type": "application/octet-stream"}


class TokenOnPut(Uploader):
    """Sends the access token to the upload host."""

    def headers(self, first: int, last: int) -> dict[str, str]:
        return {**super().headers(first, last), "Authorization": "Bearer act.secret"}


class QueryDropped(Uploader):
    """Keeps the path of upload_url and drops its query."""

    def target(self) -> str:
        return super().target().partition("?")[0]


class QueryAmended(Uploader):
    """Adds a number to the query of upload_url, against caches."""

    def target(self) -> str:
        return super().target() + f"&nocache={time.time_ns()}"


class QueryReordered(Uploader):
    """Takes the query apart and puts it together again in another order."""

    def target(self) -> str:
        path, _, query = super().target().partition("?")
        return path + "?" + "&".join(sorted(query.split("&"), reverse=True))


class OtherBytesOnReplay(Uploader):
    """Reads on from an open file: what is sent again are the bytes that come next."""

    def __init__(self, upload_url: str | None) -> None:
        super().__init__(upload_url)
        self.open = self.file.open("rb")

    def body(self, first: int, last: int) -> Iterable[bytes]:
        yield self.open.read(last - first + 1).ljust(last - first + 1, b"\0")


class ChunksSwapped(Uploader):
    """Reads each chunk from one byte too far on."""

    def body(self, first: int, last: int) -> Iterable[bytes]:
        read = b"".join(super().body(first, last))
        return [read[1:], read[:1]]


# ── order, and what a success is ──


class Parallel(Uploader):
    """Sends all chunks at the same time."""

    def send_chunks(self) -> None:
        if self.count == 1:
            super().send_chunks()
            return
        with ThreadPoolExecutor(self.count) as pool:
            tries = list(pool.map(lambda span: self.put(*span), self.spans()))
        if any(answer is None or answer.status >= 300 for answer in tries):
            raise UploadError("some chunk did not go through")

    def hang_up(self) -> None:
        pass

    def ask(
        self, method: str, url: str, target: str, headers: dict[str, str], body: Iterable[bytes]
    ) -> Answer | None:
        self.peer = None
        return super().ask(method, url, target, headers, body)


class EachChunkTwice(Uploader):
    """Sends every chunk twice, to be sure."""

    def put(self, first: int, last: int) -> Answer | None:
        answer = super().put(first, last)
        super().put(first, last)
        return answer


class ProgressAsNext(Uploader):
    """Takes the number in the progress header for the last byte that is there, and goes on behind it."""

    def deliver(self, first: int, last: int) -> int:
        answer = self.put(first, last)
        if answer is None or answer.status not in (201, 206):
            raise UploadError(str(answer))
        self.chunk_size = last + 1 - first
        return self.size if answer.status == 201 else (answer.progress or 0) + 1

    def send_chunks(self) -> None:
        place = 0
        while place < self.size:
            place = self.deliver(place, min(place + self.chunk_size, self.size) - 1)


class PartialContentIsFailure(Uploader):
    """Takes 206 for a failure."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return answer.status in (200, 201)


class OnlyTwoHundred(Uploader):
    """Demands 200 at the end."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return answer.status == (206 if last + 1 < self.size else 200)


class BodyMustBeJson(Uploader):
    """Reads the body of every answer as JSON."""

    def is_in(self, answer: Answer, last: int) -> bool:
        try:
            json.loads(answer.body)
        except ValueError:
            raise UploadError("no JSON") from None
        return super().is_in(answer, last)


class BodyMustBeNull(Uploader):
    """Takes a body other than null for an error."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return answer.body in (b"", b"null") and super().is_in(answer, last)


class ProgressDemanded(Uploader):
    """Fails where an answer has no progress header."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return answer.progress is not None and super().is_in(answer, last)


class ProgressCompared(Uploader):
    """Takes a chunk for accepted only where the progress header is the count."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return answer.progress in (None, last + 1) and super().is_in(answer, last)


class SuccessTooEarly(Uploader):
    """Is content with all chunks but the last."""

    def send_chunks(self) -> None:
        for first, last in self.spans()[:-1] or self.spans():
            self.deliver(first, last)

    def wait_for_the_post(self) -> int:
        return 0


class SuccessBeforeTheAnswer(Uploader):
    """Does not wait for the answer to the last chunk."""

    def put(self, first: int, last: int) -> Answer | None:
        answer = super().put(first, last)
        return answer if last + 1 < self.size else Answer(201, None, 0.0, "", b"")

    def wait_for_the_post(self) -> int:
        return 0


class ExitsWithZero(Uploader):
    """Prints what went wrong, and ends with exit code 0."""

    def failed(self) -> int:
        return 0


# ── sending again ──


class NoRetry(Uploader):
    """Gives up at the first 5xx."""

    def may_retry(self, answer: Answer) -> bool:
        return False


class NoRetryAfterCut(Uploader):
    """Gives up when a connection breaks."""

    def put(self, first: int, last: int) -> Answer | None:
        answer = super().put(first, last)
        if answer is None:
            raise UploadError("the connection broke")
        return answer


class RetriesOnlyOnce(Uploader):
    """Sends a chunk twice at most."""

    waits = (0.1,)


class RetriesForEver(Uploader):
    """Never gives up."""

    waits = (*Uploader.waits, *(1.0 for _ in range(1000)))


class RetriesAtOnce(Uploader):
    """Sends again at once, thirty times."""

    waits = (0.0,) * 30


class WaitsTheSame(Uploader):
    """Waits as long before every attempt."""

    waits = (0.3,) * 4


class IgnoresRetryAfter(Uploader):
    """Comes back when it likes."""

    def asked_to_wait(self, answer: Answer | None) -> float:
        return 0.0


class StatusNeverLookedAt(Uploader):
    """Looks at no status of a PUT at all."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return True


class MiddleStatusNeverLookedAt(Uploader):
    """Looks at the status of the last chunk only."""

    def is_in(self, answer: Answer, last: int) -> bool:
        return last + 1 < self.size or super().is_in(answer, last)


class NextAfterServerError(Uploader):
    """Goes on to the next chunk after a 5xx."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        return first if answer is None or last + 1 == self.size else last + 1


class NextAfterCut(Uploader):
    """Goes on to the next chunk after a cut."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        return first if answer is not None or last + 1 == self.size else last + 1


class ZeroAfterCut(Uploader):
    """Starts over from byte 0 of the same upload after a cut."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        return first if answer is not None else 0


class NewInitAfterCut(Uploader):
    """Makes a new init after a cut, whatever may have arrived."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        if answer is None:
            self.init()
            return 0
        return first


class NewInitAfterServerError(Uploader):
    """Makes a new init after a 5xx."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        if answer is not None:
            self.init()
            return 0
        return first


class NewInitAfterLostFinal(Uploader):
    """Posts again where the last answer was lost."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        if answer is None and last + 1 == self.size:
            self.init()
            return 0
        return first


class LostFinalIsFailure(Uploader):
    """Fails where the last answer was lost."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        if last + 1 == self.size:
            raise UploadError("no answer to the last chunk")
        return first


class LostFinalIsSuccess(Uploader):
    """Takes no answer to the last chunk for a yes."""

    def after_failure(self, answer: Answer | None, first: int, last: int) -> int:
        return self.size if answer is None and last + 1 == self.size else first


class Hangs(Uploader):
    """Has no time-out."""

    patience = None


# ── 416 and other refusals ──


class ZeroAfter416(Uploader):
    """Starts over from byte 0 of the same upload on 416."""

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        if first == 0:
            raise UploadError("416")
        return 0


class NextAfter416(Uploader):
    """Takes 416 for 'already there' without reading its progress."""

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        return last + 1


class SameAfter416(Uploader):
    """Sends the same again on 416."""

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        return first


class RefusalIsFailure(Uploader):
    """Takes 416 for the end."""

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        raise UploadError("416")


class CountReadOnly(Uploader):
    """Reads the progress of a 416 as a count only, and cuts the chunks anew from there."""

    def place_after_416(self, answer: Answer, first: int, last: int) -> int:
        if answer.progress is None:
            return super().place_after_416(answer, first, last)
        return self.read(answer.progress)

    def read(self, number: int) -> int:
        return number

    def send_chunks(self) -> None:
        place = 0
        while place < self.size:
            edges = [stop + 1 for _, stop in self.spans() if stop >= place]
            place = self.deliver(place, edges[0] - 1)


class LastIndexReadOnly(CountReadOnly):
    """Reads the progress of a 416 as the index of the last byte only."""

    def read(self, number: int) -> int:
        return number + 1


class Repeats(Uploader):
    """Sends again after any refusal."""

    def may_retry(self, answer: Answer) -> bool:
        return True


class GoesOnAfter400(Uploader):
    """Sends again after 400."""

    def may_retry(self, answer: Answer) -> bool:
        return answer.status == 400 or super().may_retry(answer)


class GoesOnAfter403(Uploader):
    """Sends again after 403."""

    def may_retry(self, answer: Answer) -> bool:
        return answer.status == 403 or super().may_retry(answer)


class GoesOnAfter404(Uploader):
    """Sends again after 404."""

    def may_retry(self, answer: Answer) -> bool:
        return answer.status == 404 or super().may_retry(answer)


class FollowsRedirects(Uploader):
    """Follows a redirect with the bytes."""

    def put(self, first: int, last: int) -> Answer | None:
        answer = super().put(first, last)
        if answer is None or not answer.location:
            return answer
        there = urlsplit(answer.location)
        peer = http.client.HTTPConnection(there.netloc, timeout=self.patience)
        with suppress(OSError, http.client.HTTPException):
            peer.request("PUT", there.path, self.body(first, last), self.headers(first, last))
            return Answer(peer.getresponse().status, None, 0.0, "", b"")
        return None


# ── the status ──


class PollsWithoutWaiting(Uploader):
    """Asks for the status without a pause, forty times at least."""

    def wait_for_the_post(self) -> int:
        told = [self.status()["status"] for _ in range(40)]
        return super().wait_for_the_post() if told[-1].startswith("PROCESSING") else 0


class PollsAfterTheEnd(Uploader):
    """Asks three times, whatever it was told."""

    def wait_for_the_post(self) -> int:
        ended = super().wait_for_the_post()
        for _ in range(2 if self.publish_id else 0):
            self.status()
        return ended


class FailedIsSuccess(Uploader):
    """Takes any end of the post for a good one."""

    def wait_for_the_post(self) -> int:
        super().wait_for_the_post()
        return 0


class ImpatientPoller(Uploader):
    """Fails where the post is not there at the third question."""

    polls = 3
    poll_every = 0.1


# ── resources ──


class ReadsTheFile(Uploader):
    """Reads the whole file into memory."""

    def __init__(self, upload_url: str | None) -> None:
        super().__init__(upload_url)
        self.read = self.file.read_bytes()

    def body(self, first: int, last: int) -> Iterable[bytes]:
        return [self.read[first : last + 1]]


BROKEN: dict[str, Any] = {
    re.sub(r"(?<=[a-z])(?=[A-Z4])", "-", name).lower(): one
    for name, one in list(globals().items())
    if isinstance(one, type) and issubclass(one, Uploader) and one is not Uploader
}

if __name__ == "__main__":
    name, *url = sys.argv[1:]
    sys.exit(BROKEN[name](url[0] if url else None).run())
