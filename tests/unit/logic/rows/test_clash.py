"""What stands against correcting a row."""

from fractions import Fraction

from pishield_cli.language import parse_requirements
from pishield_cli.logic.rows.clash import Clash, find_clash
from pishield_cli.logic.rows.grids import Grid
from pishield_cli.logic.rows.problems import limit_clauses
from pishield_cli.logic.solver.limits import Limits


def clash(
    text: str, integers: str = "", limits: Limits | None = None, **fixed: int | str
) -> Clash | None:
    requirements = parse_requirements(text).requirements
    cells = {name: Fraction(value) for name, value in fixed.items()}
    return find_clash(requirements, cells, integers=tuple(integers), limits=limits)


def test_fixed_cells_against_a_requirement() -> None:
    assert clash("a <= b\nc >= 0\n", a=2, b=1, c=5) == Clash((1,), ("a", "b"))


def test_nothing_can_be_left_out() -> None:
    found = clash("a <= b\nb <= c\nc <= d\nx >= 0\nd <= 9\n", a=5, d=4, x=1)
    assert found == Clash((1, 2, 3), ("a", "d"))


def test_no_clash_where_there_is_a_solution() -> None:
    assert clash("a <= b\nb <= c\n", a=5, c=5) is None


def test_whole_numbers_alone() -> None:
    assert clash("2*a == 3\nb >= 0\n", integers="a") == Clash((1,), ())
    assert clash("2*a == b\n", integers="ab", b=3) == Clash((1,), ("b",))


def test_what_a_column_can_hold_is_taken_for_granted() -> None:
    requirements = parse_requirements("a >= 128\nb >= 0\n").requirements
    bounds = tuple(limit_clauses(["a"], {"a": Grid(places=0, low=-128, high=127)}))
    assert find_clash(requirements, {}, integers=["a"], bounds=bounds) == Clash((1,), ())


def test_scores_are_compared_with_one_half() -> None:
    assert clash("car -> vehicle\n", car="0.7", vehicle="0.5") == Clash((1,), ("car", "vehicle"))
    assert clash("car -> vehicle\n", car="0.7", vehicle="0.6") is None
    assert clash("car -> vehicle\n", car="0.5", vehicle="0") is None


def test_limits_end_the_search() -> None:
    text = "\n".join(f"x{i} > 0 or y{i} > 0\nx{i} + y{i} == 1" for i in range(8))
    assert clash(text, integers="", limits=Limits(nodes=0)) is None
