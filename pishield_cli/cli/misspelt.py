"""What was probably meant by an option or a command that there is not."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

_ALIKE = 0.75
"""From how alike on, as `difflib` counts, a name is taken for a misspelling."""

_ELSEWHERE = {
    **dict.fromkeys(
        ("--force", "--overwrite", "--yes"),
        "none is needed: an output that is there is replaced once the new one is whole",
    ),
    **dict.fromkeys(("--sep", "--separator", "--delim"), "did you mean --delimiter?"),
    **dict.fromkeys(("--strict", "--exactly"), "did you mean --exact?"),
    **dict.fromkeys(("--jobs", "--threads", "--processes", "--cores"), "did you mean --workers?"),
    **dict.fromkeys(("--header", "--names"), "did you mean --no-header, with --columns?"),
    **dict.fromkeys(("--silent", "--no-progress"), "did you mean --quiet?"),
    **dict.fromkeys(("--percent", "--currency"), 'did you mean --units, such as --units "%"?'),
    **dict.fromkeys(("--verbose", "--examples"), "did you mean --show N, of check?"),
    **dict.fromkeys(("--na-values", "--missing-values", "--null"), "did you mean --na?"),
}
"""How other tools call what is called otherwise here; how it is said."""


def option_hint(written: str, context: Any) -> str | None:
    """What was meant by an option that a command does not have.

    Args:
        written: As it was written, with its dashes.
        context: The command's context, of click.

    Returns:
        The options of nearly that name; else how it is said here, or the commands that have it;
        None where nothing is known.
    """
    known = [name for one in context.command.get_params(context) for name in one.opts]
    near = get_close_matches(written, known, n=2, cutoff=_ALIKE)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return _ELSEWHERE.get(written) or _of_others(written)


def command_hint(written: str, context: Any) -> str:
    """What was meant by a command that there is not."""
    commands = context.command.list_commands(context)
    near = get_close_matches(written, commands, n=2)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"the commands are {', '.join(commands)}"


def _of_others(written: str) -> str | None:
    """The commands that have an option."""
    from typer.main import get_command

    from pishield_cli.cli.app import command_line

    found = list(_having(written, get_command(command_line(None)), ""))
    if not found:
        return None
    listed = " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
    return f"it is an option of pishield {listed}"


def _having(written: str, command: Any, name: str) -> Iterator[str]:
    for inner, one in getattr(command, "commands", {}).items():
        if any(written in parameter.opts for parameter in one.params):
            yield f"{name}{inner}"
        yield from _having(written, one, f"{name}{inner} ")
