"""Where every error ends: one clear message on standard error, and an exit code."""

import contextlib
import errno
import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO

import typer

from pishield_cli import placed
from pishield_cli.cli import INTERRUPTED
from pishield_cli.cli.signals import settle
from pishield_cli.cli.text import printable
from pishield_cli.errors import (
    BadCellsError,
    PishieldError,
    RequirementsFileError,
    RequirementSyntaxError,
)

HEADING = "error: "
NOT_REPORTED = 1
"""An output is in place, but something after it went wrong, such as printing the report."""
NOT_DONE = 2
SHOWN_PROBLEMS = 1_000
"""How many problems of a requirements file are drawn."""
MANY_PROBLEMS = 10
"""From how many on they are counted at the end, where a terminal shows it."""
SHOWN_OUTPUTS = 5
"""How many outputs that are in place are named where a run fails later."""
BROKEN_PIPE = 128 + 13

_NO_MEMORY = re.compile(
    r"allocate memory|failed to map segment|can't start new thread|without setting an exception"
)

# The base of all usage errors, whichever click the installed typer uses.
_CommandLineError = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

# How click words what a hint is added to.
_NO_COMMAND = re.compile(r"No such command '(.*?)'")
_NO_OPTION = re.compile(r"No such option: ([^\s.(]+)")
_USAGE_SIGNS = re.compile(r" \[OPTIONS\]|[{}]")
_ABOUT_ARGUMENTS = re.compile(r"Missing argument|Got unexpected extra argument")


def run(arguments: Sequence[str]) -> int:
    """Run one command; whatever goes wrong becomes a message and an exit code."""
    debug = "--debug" in arguments
    placed.start_over()
    _occupy_closed_streams()
    try:
        return _invoke([word for word in arguments if word != "--debug"])
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as ending:
        return _exit_code(ending)
    except Exception as error:  # the boundary: nothing may pass it
        if isinstance(error, BrokenPipeError) or isinstance(error.__cause__, BrokenPipeError):
            _abandon_output()
            return BROKEN_PIPE
        if debug:
            from traceback import format_exc

            say(format_exc().rstrip())
        say(describe(error), heading=HEADING)
        _flush_or_abandon_output()
        return NOT_REPORTED if placed.names() else NOT_DONE


def describe(error: Exception) -> str:
    """What a user should read of an error; one line, but for requirements files drawn with carets.

    Args:
        error: Any exception.
    """
    if isinstance(error, RequirementsFileError):
        return _drawn(error.problems)
    if isinstance(error, RequirementSyntaxError):
        return _drawn([error])
    if isinstance(error, BadCellsError):
        return f"\n{HEADING}".join(_with_hint(one.message, one.hint) for one in error.columns)
    if isinstance(error, PishieldError):
        return _with_hint(f"{error.message}{_and_placed()}", error.hint)
    if isinstance(error, _CommandLineError):
        return _usage(error)
    if _is_short_of_memory(error):
        hint = "try a smaller --batch-rows, fewer --workers, or a higher limit of memory"
        return _with_hint(f"The memory is not enough for this.{_and_placed()}", hint)
    if isinstance(error, OSError) and error.strerror:
        place = f" '{error.filename}'" if error.filename else ""
        return _with_hint(f"The system refused{place}: {error.strerror}.{_and_placed()}", None)
    fact = str(error).strip().splitlines()
    return _with_hint(
        f"Something unexpected went wrong: {type(error).__name__}{': ' + fact[0] if fact else ''}."
        f"{_and_placed()}",
        "this is a fault of pishield; rerun with --debug to see where",
    )


def say(text: str, *, heading: str = "") -> None:
    """Write lines to standard error; a closed standard error is no error."""
    stream = sys.stderr
    if stream is None:
        return
    safe = "\n".join(printable(line) for line in text.split("\n"))
    if heading and may_colour(stream):
        heading = f"\x1b[1;31m{heading}\x1b[0m"
    encoding = stream.encoding or "utf-8"
    line = f"{heading}{safe}\n".encode(encoding, "backslashreplace").decode(encoding)
    with contextlib.suppress(OSError, ValueError):
        stream.write(line)
        stream.flush()


def may_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that wants colour, or colour is forced."""
    if os.environ.get("FORCE_COLOR") and not os.environ.get("NO_COLOR"):
        return True
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _invoke(arguments: list[str]) -> int:
    from pishield_cli.cli.app import app

    try:
        result = app(arguments, prog_name="pishield", standalone_mode=False)
    except typer.Abort:
        return _interrupted()
    if sys.stdout is not None:
        sys.stdout.flush()
    if result == INTERRUPTED:  # what newer versions of typer return
        return _interrupted()
    return result if isinstance(result, int) else 0


def _exit_code(ending: SystemExit) -> int:
    # typer itself turns a broken pipe into an exit
    cause = ending.__context__
    if isinstance(cause, OSError) and cause.errno == errno.EPIPE:
        _abandon_output()
        return BROKEN_PIPE
    return ending.code if isinstance(ending.code, int) else NOT_DONE


def _flush_or_abandon_output() -> None:
    """Write what is still buffered where that is possible; on a full disk it is not."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        _abandon_output()


def _abandon_output() -> None:
    """Send what is still buffered nowhere, or Python complains of it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _occupy_closed_streams() -> None:
    """Open what is closed of the standard streams to nowhere: a table must not become one."""
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            with contextlib.suppress(OSError):
                # The lowest number that is free, so this very stream.
                os.open(os.devnull, os.O_RDWR)


def _interrupted() -> int:
    settle()
    say(f"interrupted;{_and_placed() or ' nothing was written'}".rstrip("."))
    return INTERRUPTED


def _and_placed() -> str:
    """A sentence, after a space, on what is in place all the same; empty if nothing is."""
    names = placed.names()
    if not names:
        return ""
    listed = ", ".join(f"`{name}`" for name in names[:SHOWN_OUTPUTS])
    more = f" and {len(names) - SHOWN_OUTPUTS} more" if len(names) > SHOWN_OUTPUTS else ""
    return f" {listed}{more} {'were' if len(names) > 1 else 'was'} written before that."


def _is_short_of_memory(error: BaseException) -> bool:
    """Whether an error is one of the many forms in which a lack of memory shows."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    if isinstance(error, ImportError | RuntimeError | SystemError) and _NO_MEMORY.search(
        str(error)
    ):
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and _is_short_of_memory(cause)


def _with_hint(message: str, hint: str | None) -> str:
    sentence = " ".join(message.split())
    return f"{sentence} Hint: {' '.join(hint.split())}" if hint else sentence


def _drawn(problems: Sequence[RequirementSyntaxError]) -> str:
    from pishield_cli.errors.caret import draw

    drawn = [draw(problem) for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) >= MANY_PROBLEMS:
        shown = "" if len(drawn) == len(problems) else f"; these are the first {len(drawn):,}"
        drawn.append(f"{problems[0].source} has {len(problems):,} problems{shown}.")
    return f"\n{HEADING}".join(drawn)


def _usage(error: Exception) -> str:
    message = " ".join(error.format_message().split())  # type: ignore[attr-defined]
    message = message.replace("Value error, ", "")  # left in by the library that reads values
    context = getattr(error, "ctx", None)
    option, command = _NO_OPTION.match(message), _NO_COMMAND.match(message)
    if context is not None and (option or command):
        from pishield_cli.cli.misspelt import command_hint, option_hint

        hint = option_hint(option[1], context) if option else None
        hint = command_hint(command[1], context) if command else hint
        return _with_hint(
            f"{(option or command)[0].rstrip('.')}.",  # type: ignore[index]
            hint or f"see {context.command_path} --help",
        )
    if context is not None and _ABOUT_ARGUMENTS.match(message):
        usage = _USAGE_SIGNS.sub("", context.get_usage().replace("Usage:", "write"))
        return _with_hint(f"{message.rstrip('.')}.", f"{usage}; see {context.command_path} --help")
    path = context.command_path if context is not None else "pishield"
    return _with_hint(f"{message.rstrip('.')}.", f"see {path} --help")
