"""CMD as a process group of its own: started, given the terminal and our signals, waited for, and ended whole."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

FORWARDED: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
SIGNAL_BASE: Final = 128
OWN_FAILURE: Final = 125
NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
PATIENCE: Final = 2.0
"""Seconds that what CMD left behind has to end after SIGTERM."""
_LOOK_AGAIN: Final = 0.02


class LaunchError(Exception):
    """CMD cannot be started: `code` is the exit code for that, the text a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Child:
    """CMD while it runs. Must be made inside the event loop, in the main thread."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it. Raises LaunchError."""
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._terminal = Terminal.held()
        self._loop.add_signal_handler(signal.SIGCHLD, self._look)
        try:
            # Signals that come between here and the end of this function are forwarded by the loop afterwards.
            self._process = subprocess.Popen(command, env=environment, process_group=0)  # noqa: S603 - the user's
        except (OSError, ValueError) as error:
            self._close()
            raise _launch_error(command[0], error) from error
        self.group = self._process.pid
        self._give_terminal()
        self._look()

    def forward(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; one that asks it to end also continues it, where it is stopped."""
        self._signal(number)
        if number in _ENDING:
            self._signal(signal.SIGCONT)

    async def wait(self) -> int:
        """Its exit code, as a shell would have it: 128 + n for signal n."""
        return await asyncio.shield(self._ended)

    async def end(self) -> None:
        """End what is left of the group: with SIGTERM, and after a while with SIGKILL."""
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                if not self._signal(number):
                    return
                self._signal(signal.SIGCONT)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        # Where we are process 1, or process 1 is a program that never reaps, zombies stay.
                        while (  # noqa: ASYNC110 - nobody tells about processes that are not ours
                            self._signal(0) and not _only_zombies(self.group)
                        ):
                            await asyncio.sleep(_LOOK_AGAIN)
        finally:
            self._close()

    def _signal(self, number: int) -> bool:
        """Whether there was somebody to get it."""
        try:
            os.killpg(self.group, number)
        except ProcessLookupError:
            return False
        except PermissionError:  # somebody else's by now, or grown beyond our rights
            return False
        return True

    def _look(self) -> None:
        """SIGCHLD: CMD has ended, or was stopped."""
        while not self._ended.done():
            try:
                found, status = os.waitpid(self.group, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:  # reaped behind our back: its code is lost
                found, status = self.group, OWN_FAILURE << 8
            if not found:
                return
            if os.WIFSTOPPED(status):
                self._stopped(os.WSTOPSIG(status))
                continue
            code = self._process.returncode = os.waitstatus_to_exitcode(status)
            self._take_terminal()
            self._ended.set_result(code if code >= 0 else SIGNAL_BASE - code)

    def _stopped(self, number: int) -> None:
        """Ctrl-Z in CMD: give the terminal back to who started us, and stop too, until we are continued."""
        if self._terminal is None or number == signal.SIGSTOP:
            return
        if number == signal.SIGTSTP:
            self._take_terminal()
            os.kill(os.getpid(), signal.SIGSTOP)
        self._give_terminal()

    def _give_terminal(self) -> None:
        if self._terminal is not None and self._terminal.give(self.group):
            self._signal(signal.SIGCONT)  # it may have asked for the terminal a moment before it had it

    def _take_terminal(self) -> None:
        if self._terminal is not None:
            self._terminal.give(os.getpgrp())

    def _close(self) -> None:
        self._loop.remove_signal_handler(signal.SIGCHLD)
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None


class Terminal:
    """The controlling terminal, whose foreground is ours to give."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def held(cls) -> "Terminal | None":
        """None where there is no terminal, or we are in its background."""
        try:
            handle = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            ours = os.tcgetpgrp(handle) == os.getpgrp()
        except OSError:
            ours = False
        if not ours:
            os.close(handle)
            return None
        return cls(handle)

    def give(self, group: int) -> bool:
        """Make `group` its foreground; False where it is gone."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])  # as one of its background may not
        try:
            os.tcsetpgrp(self._handle, group)
        except OSError:
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTTOU])
        return True

    def close(self) -> None:
        os.close(self._handle)


class Signals:
    """Our signals while a command is prepared and runs; `number`: the first that came before there was a Child."""

    def __init__(self) -> None:
        self.number: signal.Signals | None = None
        self._child: Child | None = None
        self._task = asyncio.current_task()

    def pass_to(self, child: Child) -> None:
        self._child = child

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Those that whoever started us wants ignored (nohup) stay ignored."""
        loop = asyncio.get_running_loop()
        taken = [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
        for number in taken:
            loop.add_signal_handler(number, self._came, number)
        before = signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            for number in taken:
                loop.remove_signal_handler(number)

    def _came(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.forward(number)
        elif self._task is not None:
            self.number = self.number or number
            self._task.cancel()


@contextlib.contextmanager
def signals_waiting() -> Iterator[None]:
    """Signals that come in here, outside of `Signals.held`, come at its end or when they are held."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _only_zombies(group: int) -> bool:
    """Whether all of a group have ended, and merely nobody has asked how. False where the system does not tell."""
    states = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = status.read_bytes().rpartition(b")")[2].split()[:3]
            if int(its_group) == group:
                states.append(state)
    return bool(states) and set(states) <= {b"Z", b"X"}


def _launch_error(name: str, error: OSError | ValueError) -> LaunchError:
    if isinstance(error, ValueError):
        return LaunchError(OWN_FAILURE, f"the command cannot be started: {error}")
    if error.errno == errno.ENOENT:
        if os.path.exists(name):  # noqa: PTH110 - a name as the system takes it
            return LaunchError(NOT_FOUND, f"{name} cannot be started: what its first line names was not found")
        return LaunchError(NOT_FOUND, f"{name} was not found: give a path, or the name of a program in PATH")
    return LaunchError(NOT_EXECUTABLE, f"{name} cannot be executed: {error.strerror}")
