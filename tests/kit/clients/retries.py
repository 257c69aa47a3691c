"""Uploaders that do not send again, or not as they should."""

from uploader import Answer, Uploader, UploadError


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
    """Looks at no status of a PUT at all, and asks nobody afterwards."""

    def wait_for_the_post(self) -> int:
        return 0

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
