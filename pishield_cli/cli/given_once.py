"""Options that take one value, and are not given a second time."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from typer.core import TyperCommand

from pishield_cli.errors import UsageError


class GivenOnce(TyperCommand):
    """A command that refuses an option which is given again, where only its last value counted."""

    def make_parser(self, ctx: Any) -> Any:
        """The parser of the command line, which counts what it meets."""
        parser = super().make_parser(ctx)
        if ctx.resilient_parsing:
            return parser
        parse: Any = parser.parse_args
        known = {name for one in self.get_params(ctx) for name in one.opts}

        def parsed_once(args: list[str]) -> Any:
            found = parse(args=args)
            _refuse_repeated(found[2], known)
            return found

        parser.parse_args = parsed_once  # type: ignore[method-assign]
        return parser


def _refuse_repeated(met: list[Any], known: Collection[str]) -> None:
    """Refuse what comes up twice among the parameters that were met.

    Raises:
        UsageError: If an option with a single value does.
    """
    times = Counter(map(id, met))
    for one in met:
        single = one.param_type_name == "option" and not (one.multiple or one.is_flag or one.count)
        if single and times[id(one)] > 1:
            raise UsageError(
                f"{one.opts[0]} takes one value, but it is given {times[id(one)]} times.",
                hint=_hint(one, known),
            )


def _hint(option: Any, known: Collection[str]) -> str:
    name, metavar = option.opts[0], option.metavar or ""
    if metavar.startswith("A,B"):
        return f"separate names by commas: {name} {metavar}"
    if name == "--format" and "--junit" in known:
        return "beside the one that is shown, reports go to files: --json FILE, --junit FILE, ..."
    return "leave out all but one"
