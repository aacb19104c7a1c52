from pishield_cli.logic.rows.flips import Flips, FlipSearch


def test_mutually_exclusive_truths_keep_the_most_expensive():
    pairs = [((one, False), (other, False)) for one in range(5) for other in range(one)]
    found = FlipSearch(pairs, 5).cheapest(0b11111, [3, 1, 9, 2, 4])
    assert found == Flips(0b00100, 10, proven=True)


def test_nothing_flips_where_all_clauses_hold():
    assert FlipSearch([[(0, True), (1, True)]], 2).cheapest(0b10, [1, 1]) == Flips(0b10, 0, True)


def test_a_clause_that_always_holds_asks_nothing():
    assert FlipSearch([[(0, True), (0, False)]], 1).cheapest(0, [1]) == Flips(0, 0, True)


def test_fixed_variables_can_leave_nothing():
    search = FlipSearch([[(0, True), (1, True)], [(2, True)]], 3)
    assert search.cheapest(0, [1, 1, 1], fixed=0b011) == Flips(None, 0, proven=True)
    assert search.cheapest(0, [1, 1, 1], fixed=0b100) == Flips(None, 0, proven=True)
    assert search.cheapest(0, [2, 1, 1], fixed=0b001) == Flips(0b110, 2, proven=True)


def test_contradictory_clauses_have_no_truths():
    assert FlipSearch([[(0, True)], [(0, False)]], 1).cheapest(0, [1]).truths is None
    assert FlipSearch([[]], 1).cheapest(0, [1]).truths is None


def test_a_limit_leaves_the_best_so_far_unproven():
    pairs = [((one, False), (other, False)) for one in range(30) for other in range(one)]
    search = FlipSearch([*pairs, [(one, True) for one in range(30)]], 30)
    found = search.cheapest(0, [1] * 30, limit=2)
    assert not found.proven
    assert search.cheapest(0, [1] * 30).cost == 1
