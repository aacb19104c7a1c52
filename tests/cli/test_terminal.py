"""What a person sees in a terminal."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pishield_cli import check_table
from pishield_cli.cli import main
from pishield_cli.cli.app import COMMANDS
from pishield_cli.cli.boundary import may_colour
from pishield_cli.cli.output import Page
from pishield_cli.cli.render.check_table import render_table
from pishield_cli.cli.render.checked import Checked
from pishield_cli.errors import RequirementsViolatedError
from pishield_cli.language import parse_requirements
from tests.cli.test_check_formats import report, result

TABLES = ("houses", "sales", '"sales 2024"')
WIDE = "total_amount_of_invoice - discount_of_invoice >= 0 or tax_of_invoice == 0"


def laid_out(results, page):
    one = report(results)
    return render_table([Checked(one.data, one.requirements_file, one)], page)


def labelled(number, violations, label, by=1234567.25):
    one = result(number, violations, unknown=violations, by=by, text=WIDE)
    return replace(one, requirement=replace(one.requirement, label=label))


def test_at_80_columns_no_word_and_no_number_is_cut():
    text = laid_out([labelled(1, 1_234_567, "invoices-make-sense"), result(2, 0)], Page(width=80))
    assert max(map(len, text.splitlines())) <= 80
    words = set(re.split(r"\s+", text))
    assert set(WIDE.split()) <= words
    assert {"1,234,567", "[invoices-make-sense]", "1.23457e+06"} <= words
    summary = laid_out([labelled(1, 1_234_567, "invoices-make-sense"), result(2, 0)], Page())
    assert set(summary.splitlines()[-2].split()) <= words


@pytest.mark.parametrize(("unicode", "marks"), [(True, "✗✓"), (False, "x")])
def test_marks_say_what_fails_and_what_holds(unicode, marks):
    text = laid_out([result(1, 3), result(2, 0)], Page(width=80, unicode=unicode))
    found = [line[0] for line in text.splitlines() if re.match(r"\S?\s+\|?[12] ", line)]
    assert "".join(found).strip() == marks
    assert text.isascii() != unicode


def test_a_warning_has_a_mark_of_its_own():
    soft = parse_requirements("[soft; warn] end >= 0").requirements[0]
    text = laid_out([replace(result(1, 3), requirement=soft)], Page(width=80))
    assert any(line.startswith("!  1") for line in text.splitlines())


def test_many_that_hold_are_one_line_unless_all_are_wanted():
    results = [result(n, int(n == 3)) for n in range(1, 31)]
    text = laid_out(results, Page(width=80))
    assert "29 requirements hold in every row (--all lists them)" in text
    assert text.count("end >= 0") == 1
    everything = laid_out(results, Page(width=80, everything=True))
    assert everything.count("end >= 0") == 30
    assert laid_out(results, Page()).count("end >= 0") == 30


class Terminal:
    def __init__(self, *, tty):
        self._tty = tty

    def isatty(self):
        return self._tty


@pytest.mark.parametrize(
    ("variables", "tty", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_is_for_terminals_or_where_it_is_forced(variables, tty, colour, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert may_colour(Terminal(tty=tty)) == colour


@pytest.mark.parametrize("command", ["train", "correct", "check"])
def test_help_has_groups(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    headings = [line for line in out.splitlines() if re.fullmatch(r"[A-Z][\w ,]+:", line)]
    assert len(headings) >= 5
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("columns", ["80", "140"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_wide_as_the_terminal(command, columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert main([command, "--help"]) == 0
    text, _, examples = capsys.readouterr().out.partition("Examples:")
    assert max(map(len, text.splitlines())) <= int(columns)
    assert max(map(len, examples.splitlines()), default=0) <= 80


@pytest.mark.parametrize("command", [(), ("report",)])
def test_what_commands_are_for_is_not_cut(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*command, "--help"]) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_long_help_uses_a_wide_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["train", "--help"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) > 110


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("check t.csv r.txt --key ", ["id", "price", "place"]),
        ("check t.csv r.txt --show 3 --key p", ["price", "place"]),
        ("correct t.csv r.txt -o out.csv --fixed price,", ["price,id", "price,place"]),
        ("correct t.csv r.txt --only pr", ["price"]),
        ("train t.csv r.txt -o run --targets p", ["price", "place"]),
        ("check nothing.csv r.txt --key p", []),
        ("check - r.txt --key p", []),
        ("check s.csv r.txt --delimiter ';' --key p", [r"price\ \(€\)"]),
        ("check s.csv r.txt --delimiter=';' --key 'p", ["price (€)"]),
        (
            "check s.csv r.txt --delimiter ';' --key price,",
            [r"price,price\ \(€\)", r"price,\"a,b\""],
        ),
        ("check t.csv r.txt --no-header --columns u,v,w --key ", ["u", "v", "w"]),
        ("check --key p", []),
        ("check --only s", ["sales", r"sales\ 2024"]),
        ("schema ch", ["check", "checks"]),
        ("corr", ["correct"]),
        ("check t.csv r.txt --mar", ["--markdown"]),
    ],
)
def test_a_shell_completes_commands_options_and_columns(line, found, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("id,price,place\n1,2,3\n")
    tables = "".join(
        f"[tables.{name}]\ndata = 't.csv'\nrequirements = 'r.txt'\n" for name in TABLES
    )
    Path("pishield.toml").write_text(tables)
    Path("s.csv").write_text('price (€);"a,b"\n1;2\n')
    monkeypatch.setenv("_PISHIELD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"pishield {line}")
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" "))))
    assert main([]) == 0
    assert [one for one in capsys.readouterr().out.splitlines() if one] == found


@pytest.mark.parametrize(
    ("rules", "told"),
    [("a >= 2\na <= 0\n", True), ("a >= 9\n", False), ("a >= 9\na <= 0\n", False)],
)
def test_a_contradiction_is_suspected_where_no_one_requirement_is_the_cause(
    rules, told, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a\n0\n1\n2\n3\n")
    Path("r.txt").write_text(rules)
    assert main(["check", "t.csv", "r.txt"]) == 1
    out = capsys.readouterr().out
    assert ("No row satisfies every requirement. Hint: " in out) == told
    assert ("contradict each other: pishield inspect r.txt" in out) == told
    with pytest.raises(RequirementsViolatedError) as error:
        check_table("t.csv", rules).raise_if_failing()
    assert ("contradict each other\n" in str(error.value)) == told
