"""Uploaders that read an answer wrongly, or do not wait for it."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from uploader import Answer, Uploader, UploadError


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
