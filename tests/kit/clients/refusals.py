"""Uploaders that read 416, another refusal or the status wrongly."""

import http.client
from contextlib import suppress
from urllib.parse import urlsplit

from uploader import Answer, Uploader, UploadError


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


class PollsWithoutWaiting(Uploader):
    """Asks for the status forty times without a pause."""

    def wait_for_the_post(self) -> int:
        told = [self.status()["status"] for _ in range(40)] if self.publish_id else []
        return 1 if "FAILED" in told else 0


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
