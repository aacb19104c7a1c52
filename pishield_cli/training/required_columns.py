"""What requirements need of a table's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pishield_cli.errors import UsageError
from pishield_cli.language import spelt_out
from pishield_cli.logic.domains import Date, Mixed, Schema, Text
from pishield_cli.logic.expressions import Expression, cells_of
from pishield_cli.logic.requirements import Requirements


@dataclass(frozen=True, slots=True)
class RequiredColumns:
    """What requirements name.

    Attributes:
        named: The table's own columns.
        variables: What their inequalities are about: columns of numbers, and derived ones.
        derived: The derived ones, and what they are derived from.
        domains: What the table's columns are taken for.
    """

    named: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    derived: Mapping[str, Expression] = field(default_factory=dict)
    domains: Schema = field(default_factory=dict)

    @classmethod
    def of(cls, requirements: Requirements | None) -> "RequiredColumns":
        """What some requirements name."""
        if requirements is None:
            return cls()
        variables, derived = requirements.variables, requirements.derived
        cells = (
            cell.name for name in variables if name in derived for cell in cells_of(derived[name])
        )
        own = (name for name in variables if name not in derived)
        return cls(tuple(dict.fromkeys((*own, *cells))), variables, derived, requirements.domains)

    @property
    def plain(self) -> list[str]:
        """The table's columns that must be numbers."""
        special = Date | Mixed | Text
        return [
            name
            for name in self.variables
            if name not in self.derived and not isinstance(self.domains.get(name), special)
        ]

    @property
    def dates(self) -> frozenset[str]:
        """The columns of dates."""
        return frozenset(n for n, one in self.domains.items() if isinstance(one, Date))

    @property
    def movable(self) -> list[str]:
        """The columns that can be predicted: those that nothing is derived from."""
        sources = {cell.name for one in self.derived.values() for cell in cells_of(one)}
        dates = [name for name in self.variables if name in self.dates]
        return [
            name for name in self.variables if name in {*self.plain, *dates} and name not in sources
        ]

    def refuse_moving(self, targets: Sequence[str]) -> None:
        """Refuse targets that something is derived from.

        Raises:
            UsageError: If there is one.
        """
        for name, expression in self.derived.items():
            for cell in cells_of(expression):
                if cell.name in targets:
                    raise UsageError(
                        "What requirements work out from cells must be known before a prediction, "
                        f"but `{cell.name}` of `{spelt_out(name) or name}` is a target.",
                        hint="give it with --features, or name other columns with --targets",
                    )

    def refuse_derived(self) -> None:
        """Refuse what is not about numbers alone.

        Raises:
            UsageError: If there is such a thing.
        """
        for name in (*self.derived, *self.dates):
            raise UsageError(
                "With --objective idempotent, requirements are over numbers that are learnt, but "
                f"`{spelt_out(name) or name}` is not one.",
            )
