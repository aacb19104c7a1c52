"""Signals that end a run: it unwinds, so that what was written aside is removed."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 128 + 15
_AGAIN_SECONDS = 0.02
_IMPORTING = "<frozen importlib._bootstrap>"


class _Ending:
    """Raises the exception of a signal until it is seen to unwind the run.

    What a handler raises can be lost: modules ignore errors while they are imported, and Python
    those of destructors. So it is not raised during an import, and again where it was lost.
    """

    def __init__(self) -> None:
        self._raised: BaseException | None = None
        self._signal = 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """End the run for a signal, now or as soon as it can be."""
        if number != _ALARM:
            self._signal = number
        if _is_unwinding(self._raised):
            return
        if _ALARM:
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
            if _is_importing(frame):
                return
        interrupted = self._signal == signal.SIGINT
        self._raised = KeyboardInterrupt() if interrupted else SystemExit(TERMINATED)
        raise self._raised


_ALARM: int = getattr(signal, "SIGALRM", 0)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Unwind on an interrupt or a termination signal, wherever it comes.

    Raises:
        KeyboardInterrupt: For an interrupt.
        SystemExit: For a termination signal, with `TERMINATED`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = _Ending()
    handled = [signal.SIGTERM, *([signal.SIGALRM] if _ALARM else [])]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        handled.append(signal.SIGINT)
    previous = {number: signal.signal(number, ending.handle) for number in handled}
    try:
        yield
    finally:
        if _ALARM:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)


def settle() -> None:
    """Raise no more for a signal that was seen: what it ended is being told of."""
    if _ALARM:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def _is_unwinding(raised: BaseException | None) -> bool:
    """Whether an exception is on its way out, or what was raised because of it."""
    found = sys.exc_info()[1]
    while found is not None:
        if found is raised:
            return True
        found = found.__context__
    return False
