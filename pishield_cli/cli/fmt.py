"""`pishield fmt`: lay requirements files out in one canonical way."""

from difflib import unified_diff
from typing import Annotated

import typer

from pishield_cli.cli import options

EXAMPLES = """\b
Examples:
  pishield fmt requirements.txt
  pishield fmt rules/*.txt --check --diff"""


def fmt(
    requirements: Annotated[
        list[str],
        typer.Argument(metavar="REQS...", show_default=False, help="The requirements files."),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a file would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    quiet: options.Quiet = False,
) -> int:
    """Lay requirements files out in one canonical way: spaces, spelling of keywords, blank lines.

    Lines keep their order, their comments and their meaning. A file is replaced, whole or not at
    all; none is if one of them cannot be read.

    Exits with 0, with 1 if --check finds a file that would change, and with 2 if nothing was
    written.
    """
    from pishield_cli.language import lay_out, read_text

    texts = {path: read_text(path) for path in requirements}
    laid_out = {path: lay_out(text, path) for path, text in texts.items()}
    changed = [path for path, text in texts.items() if laid_out[path] != text]
    if diff:
        _show([(path, texts[path], laid_out[path]) for path in changed])
    elif not check:
        _replace({path: laid_out[path] for path in changed})
    if not quiet:
        _tell(changed, len(texts), wrote=not (check or diff))
    return 1 if check and changed else 0


def _show(changes: list[tuple[str, str, str]]) -> None:
    """Write the changes to standard output, as a patch."""
    from pishield_cli.cli.output import open_report

    with open_report(None) as place:
        for path, old, new in changes:
            before, after = (text.splitlines() for text in (old, new))
            lines = unified_diff(before, after, path, path, lineterm="")
            place.write("\n".join(lines))


def _replace(texts: dict[str, str]) -> None:
    from pishield_cli.tables.aside import AsideStream

    for path, text in texts.items():
        with AsideStream(path) as stream:
            stream.write(text.encode())
            stream.commit()


def _tell(changed: list[str], files: int, *, wrote: bool) -> None:
    from pishield_cli.cli.boundary import say
    from pishield_cli.cli.text import counted, one_line

    for path in changed:
        say(f"{one_line(path)}: {'reformatted' if wrote else 'would be reformatted'}")
    kept = files - len(changed)
    if kept:
        say(f"{counted(kept, 'file')} {'is' if kept == 1 else 'are'} formatted already")
