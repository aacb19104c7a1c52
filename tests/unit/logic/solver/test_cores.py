"""Smallest cores against trying every part."""

from hypothesis import assume, given
from hypothesis import strategies as st

from pishield_cli.logic.solver.cores import smallest_core
from pishield_cli.logic.solver.limits import Limits
from pishield_cli.logic.solver.search import Infeasible, Search
from pishield_cli.logic.terms import BooleanLiteral, Clause

LITERALS = st.builds(BooleanLiteral, st.sampled_from("abc"), st.booleans())
CLAUSES = st.lists(st.lists(LITERALS, min_size=1, max_size=2).map(tuple), min_size=2, max_size=9)


def search_of(clauses: list[tuple[BooleanLiteral, ...]], limits: Limits | None = None) -> Search:
    search = Search(limits=limits)
    for owner, literals in enumerate(clauses):
        search.add(Clause(literals), owner)
    return search


@given(CLAUSES, st.booleans())
def test_nothing_can_be_left_out_of_a_core(
    clauses: list[tuple[BooleanLiteral, ...]], granted: bool
) -> None:
    search = search_of(clauses)
    always = (0,) if granted else ()
    owners = [one for one in range(len(clauses)) if one not in always]
    assume(isinstance(search.solve(), Infeasible))
    assume(not isinstance(search.solve(always), Infeasible))
    core = smallest_core(search, owners, always=always)
    assert core.undecided == 0
    assert isinstance(search.solve([*always, *core.owners]), Infeasible)
    for one in core.owners:
        rest = [other for other in core.owners if other != one]
        assert not isinstance(search.solve([*always, *rest]), Infeasible)


def test_what_was_not_decided_is_kept_and_counted() -> None:
    clauses = [(BooleanLiteral("a"),), (BooleanLiteral("a", positive=False),)]
    core = smallest_core(search_of(clauses, Limits(work=0)), [0, 1])
    assert core == ((0, 1), 2)
