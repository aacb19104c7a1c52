import random
from fractions import Fraction

import pytest

from pishield_cli.actions.inspect import inspect
from pishield_cli.actions.inspect_notices import dead_part_text, notices
from pishield_cli.language import bind, format_equation, parse_requirements
from pishield_cli.logic.requirements import RequirementType
from pishield_cli.logic.solver.limits import PER_SECOND, Limits
from pishield_cli.logic.solver.reasoner import Bounds
from pishield_cli.logic.text_lists import told_of_texts


def inspected(text, columns=None, **options):
    requirements = parse_requirements(text)
    binding = None if columns is None else bind(requirements, columns)
    return inspect(requirements, requirements_file="r.txt", binding=binding, **options)


def test_counts_and_groups():
    report = inspected("a >= b and b >= 1\nif c > 0 then d > 0\n")
    assert report.type is RequirementType.QFLRA
    assert (report.clauses, report.literals) == (3, 4)
    assert report.columns == ("a", "b", "c", "d")
    assert [(group.columns, group.numbers) for group in report.groups] == [
        (("a", "b"), (1,)),
        (("c", "d"), (2,)),
    ]
    assert report.analysis.satisfiable is True
    assert report.analysis.bounds == {
        "a": Bounds(lower=Fraction(1)),
        "b": Bounds(lower=Fraction(1)),
    }
    assert report.warnings == ()


def test_a_narrow_open_interval_is_satisfiable():
    report = inspected("x > 0\nx < 0.0005\n")
    assert report.analysis.satisfiable is True
    (bounds,) = report.analysis.bounds.values()
    assert bounds == Bounds(Fraction(0), Fraction(1, 2000), lower_open=True, upper_open=True)


def test_a_contradiction_of_whole_numbers_is_listed():
    report = inspected("integer a b\n[kind] b >= 0\n2*a == 2*b + 1\n")
    assert report.analysis.satisfiable is False
    assert [one.text for one in report.core] == ["2*a == 2*b + 1"]


def test_a_contradiction_of_propositions_is_listed():
    report = inspected("a and b\nnot a or c\nc -> not b\nd or e\n")
    assert report.type is RequirementType.PROPOSITIONAL
    assert report.analysis.core == (1, 2, 3)


def test_equations_and_dead_literals_are_written_in_the_language():
    report = inspected("y - `net sum` >= 0\n`net sum` - y >= 0\nx >= 2\nx >= 1 or y > 0\n")
    assert [format_equation(one) for one in report.analysis.equalities] == ["y - `net sum` == 0"]
    assert report.analysis.redundant == (4,)
    report = inspected("x >= 2\nx < 1 or y > 0 or y < -1\n")
    assert [dead_part_text(one, report.requirements) for one in report.analysis.dead] == [
        "`x < 1` in requirement 2 never holds"
    ]


def dead_in(text):
    report = inspected(text)
    assert report.undecided == {}
    return [dead_part_text(one, report.requirements) for one in report.analysis.dead]


def test_notices_are_on_what_is_written_each_once():
    assert dead_in("x == 1 or x == 2 or x == 9\n") == []
    assert dead_in("x in (1, 2, 9)\ny > 0 or x == 2 or x == 2\nx >= 2\n") == [
        "`x == 1` in requirement 1 never holds"
    ]
    assert dead_in("x != 3 or y > 0\nx >= 4\n") == ["`x != 3` in requirement 1 always holds"]
    assert dead_in("if a > 0 then b == c\na <= 0\n") == ["`a > 0` in requirement 1 never holds"]
    assert dead_in("a > 0 iff b > 0\nb <= 0\n") == [
        "`a > 0` in requirement 1 never holds",
        "`b > 0` in requirement 1 never holds",
    ]


def test_what_a_requirement_demands_itself_is_not_dead():
    assert dead_in("0 <= x <= 3\nnot (y > 0 or z > 0)\n") == []
    assert dead_in("a > 0 or b > 0\nb <= 0\n") == ["`b > 0` in requirement 1 never holds"]
    assert dead_in("if a > 0 and c > 0 then b > 0\nb <= 0\n") == [
        "`b > 0` in requirement 1 never holds"
    ]


def test_premises_that_never_hold_are_told():
    text = "if a > 0 and e > 0 then i > 0\n"
    assert dead_in(text) == []
    assert dead_in(f"{text}if a > 0 then i < 0\n") == [
        "The premise `a > 0 and e > 0` of requirement 1 never holds"
    ]
    assert dead_in("if x in (1, 2) then y > 0\nx >= 3\nx <= 4\n") == [
        "`x == 1` in requirement 1 never holds",
        "`x == 2` in requirement 1 never holds",
    ]


def test_what_is_implied_says_by_which_others():
    report = inspected("a >= 1\nb >= a\nc > 0\nb >= 0.5\n1 > 0\n")
    assert report.analysis.implied == {4: (1, 2), 5: ()}
    assert [(one.message, one.requirement.number) for one in notices(report)] == [
        ("Requirement 4 is implied by requirements 1, 2.", 4),
        ("Requirement 5 always holds.", 5),
    ]


def test_names_bound_both_ways_are_a_warning():
    report = inspected("age + y_1 >= 0\n", ("age", "income"), data="t.csv")
    assert report.names == {"age": "age", "y_1": "income"}
    assert report.positional == {"y_1"}
    assert report.columns == ("age", "income")
    (warning,) = report.warnings
    assert "`y_1` is `income`" in warning


def test_likely_slips_are_warnings():
    report = inspected(
        "ordering a\ninteger z\na >= b\n2*a >= 2*b\n",
    )
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "The ordering leaves out 1 of the 2 columns that requirements name",
        "Requirement 2 says the same as requirement 1.",
    ]


def test_what_time_leaves_open_is_reported():
    report = inspected("a >= b\nc >= d\n", seconds=-1)
    assert report.analysis.satisfiable is None
    assert report.analysis.undecided == {"satisfiable": 2}
    assert report.methods == (None, None)
    assert report.undecided == {"satisfiable": 2, "methods": 2}


def dense(groups, rows, seed=1):
    """Groups of inequalities that each name all of eight columns."""
    draw = random.Random(seed)
    return "".join(
        " + ".join(f"{draw.randint(-9, 9) or 1}*g{group}_{column}" for column in range(8))
        + f" <= {draw.randint(1, 50)}\n"
        for group in range(groups)
        for _ in range(rows)
    )


def test_reasoning_ends_with_its_work_whatever_there_is_to_plan():
    report = inspected(dense(groups=8, rows=25), seconds=1.0)
    assert None in report.methods
    assert report.undecided["methods"] == report.methods.count(None)


@pytest.mark.slow
def test_a_group_that_elimination_is_too_much_for_is_corrected_by_parts():
    report = inspected(dense(groups=1, rows=10) + "a <= b\n", seconds=30)
    assert report.methods == ("parts", "elimination")
    assert "methods" not in report.undecided


def test_a_contradiction_too_hard_to_find_takes_no_more_work_than_it_may(monkeypatch):
    granted = []

    def within(seconds, nodes=None):
        granted.append(Limits(nodes, int(seconds * PER_SECOND)))
        return granted[-1]

    monkeypatch.setattr(Limits, "within", within)
    holes = range(9)
    birds = [" or ".join(f"p{bird}_{hole}" for hole in holes) for bird in range(10)]
    apart = [
        f"not p{bird}_{hole} or not p{other}_{hole}"
        for hole in holes
        for bird in range(10)
        for other in range(bird)
    ]
    report = inspected("\n".join([*birds, *apart]), seconds=1.0)
    assert -granted[0].work < PER_SECOND / 2
    assert report.analysis.satisfiable is None
    assert report.methods == ("search",)


def test_scores_are_corrected_by_resolution_where_that_stays_small():
    assert inspected("a -> b\nb -> not c\n").methods == ("resolution",)


def test_lists_of_many_texts_are_not_compared_pair_by_pair():
    names = [f'"v{number}"' for number in range(400)]
    rules = [f"if a == {one} then x >= 1" for one in names]
    requirements = parse_requirements("text a\n" + "\n".join(rules) + "\nx <= 9\n")
    assert len(told_of_texts(requirements)) == 0
    few = parse_requirements("text a\n" + "\n".join(rules[:20]) + "\nx <= 9\n")
    assert len(told_of_texts(few)) == 20 * 19 // 2
