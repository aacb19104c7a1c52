"""Loan-reporting edits of the Home Mortgage Disclosure Act: validity and quality edits.

Source: the CFPB's edits for loans reported in 2024: V618, V656, V691, V704 and Q605 to Q631. Each
is rewritten in the requirement language and, as the oracle, in Python; the loans are our own. Edits
on `NA` and `Exempt` are about columns that hold numbers and such words.
"""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pishield_cli.cli import main

Loan = dict[str, str]

LOAN: Loan = {
    "action": "1", "purchaser": "1", "units": "1", "aus": "1", "aus_result": "1",
    "loan_type": "1", "income": "90", "lien": "1", "amount": "200000",
    "action_date": "2024-03-02", "application_date": "2024-01-02", "rate_spread": "0.5",
    "hoepa": "2", "commercial": "2", "purpose": "1", "age": "45", "co_age": "9999",
    "costs": "4000", "charges": "1500", "fees": "NA", "discount": "500", "cltv": "80.5",
    "value": "250000", "construction": "1", "mh_property": "3", "mh_land": "5",
    "nmls": "12345", "reverse": "2",
}  # fmt: skip
WORDS = ("NA", "Exempt")


def number(loan: Loan, name: str) -> float | None:
    return None if loan[name] in WORDS else float(loan[name])


def above(loan: Loan, name: str, bound: float) -> bool:
    found = number(loan, name)
    return found is not None and found > bound


def exceeds(greater: str, less: str) -> Callable[[Loan], bool]:
    """Of two amounts that are numbers and not zero, which must be the greater."""

    def holds(loan: Loan) -> bool:
        first, second = number(loan, greater), number(loan, less)
        return not (first and second) or first > second

    return holds


def one_of(loan: Loan, name: str, *codes: int) -> bool:
    return float(loan[name]) in codes


def exceeding(greater: str, less: str) -> str:
    numbers = f"{greater} is number and {less} is number"
    return f"if {numbers} and {greater} != 0 and {less} != 0 then {greater} > {less}"


# By edit: as a user writes it, as Python judges it, and the cells that make a loan fail it.
EDITS: dict[str, tuple[str, Callable[[Loan], bool], Loan]] = {
    "V618": (
        "action in (1, 2, 3, 4, 5, 6, 7, 8) and action is not null",
        lambda r: one_of(r, "action", 1, 2, 3, 4, 5, 6, 7, 8),
        {"action": "9"},
    ),
    "V656-1": (
        "purchaser in (0, 1, 2, 3, 4, 5, 6, 71, 72, 8, 9) and purchaser is not null",
        lambda r: one_of(r, "purchaser", 0, 1, 2, 3, 4, 5, 6, 71, 72, 8, 9),
        {"purchaser": "7"},
    ),
    "V656-2": (
        "if action in (2, 3, 4, 5, 7, 8) then purchaser == 0",
        lambda r: not one_of(r, "action", 2, 3, 4, 5, 7, 8) or one_of(r, "purchaser", 0),
        {"action": "3"},
    ),
    "V691": (
        "units > 0 and units mod 1 == 0 and units is not null",
        lambda r: float(r["units"]) > 0 and float(r["units"]).is_integer(),
        {"units": "0"},
    ),
    "V704-1": (
        "if action == 6 then aus == 6",
        lambda r: not one_of(r, "action", 6) or one_of(r, "aus", 6),
        {"action": "6", "aus_result": "17"},
    ),
    "V704-2": (
        "if action == 6 then aus_result in (1111, 17)",
        lambda r: not one_of(r, "action", 6) or one_of(r, "aus_result", 1111, 17),
        {"action": "6", "aus": "6"},
    ),
    "Q605-1": (
        "if purchaser in (1, 3) then loan_type == 1",
        lambda r: not one_of(r, "purchaser", 1, 3) or one_of(r, "loan_type", 1),
        {"loan_type": "3"},
    ),
    "Q605-2": (
        "if purchaser == 2 then loan_type in (2, 3, 4)",
        lambda r: not one_of(r, "purchaser", 2) or one_of(r, "loan_type", 2, 3, 4),
        {"purchaser": "2"},
    ),
    "Q606": (
        "if income is number then income < 10000",
        lambda r: not above(r, "income", 9999),
        {"income": "12000"},
    ),
    "Q607": (
        "if lien == 2 then amount <= 250000",
        lambda r: not one_of(r, "lien", 2) or float(r["amount"]) <= 250_000,
        {"lien": "2", "amount": "250001"},
    ),
    "Q608": (
        "if action == 1 then action_date > application_date",
        lambda r: not one_of(r, "action", 1) or r["action_date"] > r["application_date"],
        {"action_date": "2024-01-02"},
    ),
    "Q609": (
        'if purchaser in (1, 2, 3, 4) then rate_spread <= 10 or rate_spread in ("Exempt", "NA")',
        lambda r: not one_of(r, "purchaser", 1, 2, 3, 4) or not above(r, "rate_spread", 10),
        {"rate_spread": "10.25", "lien": "3"},
    ),
    "Q610": (
        "if action == 1 and lien == 1 and rate_spread > 6.5 then hoepa == 1",
        lambda r: (
            not above(r, "rate_spread", 6.5)
            or not (one_of(r, "action", 1) and one_of(r, "lien", 1))
            or one_of(r, "hoepa", 1)
        ),
        {"rate_spread": "7.5"},
    ),
    "Q611": (
        "if action == 1 and lien == 2 and rate_spread > 8.5 then hoepa == 1",
        lambda r: (
            not above(r, "rate_spread", 8.5)
            or not (one_of(r, "action", 1) and one_of(r, "lien", 2))
            or one_of(r, "hoepa", 1)
        ),
        {"rate_spread": "9", "lien": "2"},
    ),
    "Q612": (
        "if purchaser in (1, 3) then hoepa in (2, 3)",
        lambda r: not one_of(r, "purchaser", 1, 3) or one_of(r, "hoepa", 2, 3),
        {"hoepa": "1"},
    ),
    "Q613": (
        "if commercial == 1 then purpose in (1, 2, 31, 32, 5)",
        lambda r: not one_of(r, "commercial", 1) or one_of(r, "purpose", 1, 2, 31, 32, 5),
        {"commercial": "1", "purpose": "4"},
    ),
    "Q614-1": (
        "18 <= age <= 100 or age == 8888",
        lambda r: 18 <= float(r["age"]) <= 100 or one_of(r, "age", 8888),
        {"age": "101"},
    ),
    "Q614-2": (
        "18 <= co_age <= 100 or co_age in (8888, 9999)",
        lambda r: 18 <= float(r["co_age"]) <= 100 or one_of(r, "co_age", 8888, 9999),
        {"co_age": "17"},
    ),
    "Q615-1": (exceeding("costs", "charges"), exceeds("costs", "charges"), {"charges": "4000"}),
    "Q615-2": (exceeding("fees", "charges"), exceeds("fees", "charges"), {"fees": "1000"}),
    "Q616-1": (exceeding("costs", "discount"), exceeds("costs", "discount"), {"discount": "4000"}),
    "Q616-2": (exceeding("fees", "discount"), exceeds("fees", "discount"), {"fees": "500.00"}),
    "Q617": (
        "if loan_type == 1 and cltv is number and value is number then cltv >= 100*amount/value",
        lambda r: (
            not one_of(r, "loan_type", 1)
            or None in (number(r, "cltv"), number(r, "value"))
            or float(r["cltv"]) * float(r["value"]) >= 100 * float(r["amount"])
        ),
        {"cltv": "79.5"},
    ),
    "Q618": (
        "if construction == 2 then mh_property != 3",
        lambda r: not one_of(r, "construction", 2) or not one_of(r, "mh_property", 3),
        {"construction": "2", "mh_land": "1"},
    ),
    "Q619": (
        "if construction == 2 then mh_land != 5",
        lambda r: not one_of(r, "construction", 2) or not one_of(r, "mh_land", 5),
        {"construction": "2", "mh_property": "1"},
    ),
    "Q620": (
        'if commercial == 2 then nmls != "NA"',
        lambda r: not one_of(r, "commercial", 2) or r["nmls"] != "NA",
        {"nmls": "NA"},
    ),
    "Q621": (
        'nmls matches "[A-Za-z0-9]{1,12}"',
        lambda r: re.fullmatch("[A-Za-z0-9]{1,12}", r["nmls"]) is not None,
        {"nmls": "12345-X"},
    ),
    "Q622": (
        "if reverse == 1 then age >= 62",
        lambda r: not one_of(r, "reverse", 1) or float(r["age"]) >= 62,
        {"reverse": "1"},
    ),
    "Q623": (
        "if units <= 4 and income <= 200 then amount < 2000000",
        lambda r: (
            float(r["units"]) > 4
            or r["income"] in WORDS
            or above(r, "income", 200)
            or float(r["amount"]) < 2_000_000
        ),
        {"amount": "2000000", "purchaser": "0", "cltv": "1000"},
    ),
    "Q624": (
        "if loan_type == 2 and units == 1 then amount <= 637000",
        lambda r: (
            not (one_of(r, "loan_type", 2) and one_of(r, "units", 1))
            or float(r["amount"]) <= 637_000
        ),
        {"loan_type": "2", "purchaser": "2", "amount": "637001"},
    ),
    "Q625": (
        "if loan_type == 3 and units <= 4 then amount <= 1050000",
        lambda r: (
            not one_of(r, "loan_type", 3)
            or float(r["units"]) > 4
            or float(r["amount"]) <= 1_050_000
        ),
        {"loan_type": "3", "purchaser": "2", "amount": "1050001"},
    ),
    "Q626": (
        "if purchaser in (1, 2, 3, 4) and units <= 4 then amount <= 1225000",
        lambda r: (
            not one_of(r, "purchaser", 1, 2, 3, 4)
            or float(r["units"]) > 4
            or float(r["amount"]) <= 1_225_000
        ),
        {"amount": "1225001", "cltv": "500"},
    ),
    "Q627": (
        "if units >= 5 then 100000 <= amount <= 10000000",
        lambda r: float(r["units"]) < 5 or 100_000 <= float(r["amount"]) <= 10_000_000,
        {"units": "6", "hoepa": "3", "amount": "60000"},
    ),
    "Q628": (
        "if purpose == 1 and units <= 4 then amount > 10000",
        lambda r: (
            not one_of(r, "purpose", 1) or float(r["units"]) > 4 or float(r["amount"]) > 10_000
        ),
        {"amount": "10000"},
    ),
    "Q629": (
        'if action != 6 and units <= 4 and purpose in (1, 2, 4) then income != "NA"',
        lambda r: (
            not one_of(r, "action", 1, 2, 3, 4, 5, 7, 8)
            or float(r["units"]) > 4
            or not one_of(r, "purpose", 1, 2, 4)
            or r["income"] != "NA"
        ),
        {"income": "NA"},
    ),
    "Q630": (
        "if units >= 5 then hoepa == 3",
        lambda r: float(r["units"]) < 5 or one_of(r, "hoepa", 3),
        {"units": "5"},
    ),
    "Q631": (
        "if loan_type in (2, 3, 4) then units <= 4",
        lambda r: not one_of(r, "loan_type", 2, 3, 4) or float(r["units"]) <= 4,
        {"loan_type": "2", "purchaser": "2", "units": "5", "hoepa": "3"},
    ),
}
RULES = "".join(f"[{name}] {rule}\n" for name, (rule, _, _) in EDITS.items())
LOANS = [LOAN, *(LOAN | cells for _, _, cells in EDITS.values())]

HELD = {"Q621"}
"""Edits whose loan stays as it is: no number or text that the edits name satisfies a pattern."""


def judged(loan: Loan) -> list[str]:
    return [name for name, (_, holds, _) in EDITS.items() if not holds(loan)]


def written(path: Path, loans: list[Loan]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, LOAN)
        writer.writeheader()
        writer.writerows(loans)
    return str(path)


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "edits.txt"
    path.write_text(RULES)
    return str(path)


def test_each_edit_fails_its_loan_and_no_other_verdict_is_wrong(
    tmp_path: Path, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = written(tmp_path / "loans.csv", LOANS)
    assert main(["check", table, rules, "--format", "json", "--show", "99"]) == 1
    found: list[list[str]] = [[] for _ in LOANS]
    for one in json.loads(capsys.readouterr().out)["requirements"]:
        for row in one["rows"]:
            found[row].append(one["label"])
    assert found == [judged(loan) for loan in LOANS]
    assert not found[0]
    assert all(name in failed for name, failed in zip(EDITS, found[1:], strict=True))


@pytest.mark.parametrize("method", ["shield", "nearest", "fewest"])
def test_each_loan_is_corrected_unless_only_a_text_could_move(
    method: str, tmp_path: Path, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = written(tmp_path / "loans.csv", LOANS), tmp_path / "out.csv"
    main(["correct", table, rules, "-o", str(out), "--method", method, "--quiet"])
    capsys.readouterr()
    with out.open(newline="") as file:
        corrected = list(csv.DictReader(file))
    names = ["", *EDITS]
    assert {name for name, loan in zip(names, corrected, strict=True) if judged(loan)} == HELD
    for name, before, after in zip(names, LOANS, corrected, strict=True):
        moved = {cell for cell in before if before[cell] != after[cell]}
        assert bool(moved) == (bool(name) and name not in HELD)
