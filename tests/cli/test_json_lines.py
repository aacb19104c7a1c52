"""JSON lines: exact numbers, and every byte but those of changed values as it was."""

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from pishield_cli import check_table
from pishield_cli.cli import main
from tests.laws import examples

NUMERALS = st.one_of(
    st.integers(-20, 20).map(str),
    st.sampled_from(
        ["0.1", "1.50", "-0", "2e1", "1E-2", "0.30000000000000004", "1.0000000000000000001"]
    ),
    st.sampled_from(["12345678901234567890", "12345678901234567891", "9007199254740993"]),
)
CELLS = st.one_of(NUMERALS, st.just("null"), st.none())
OTHERS = st.sampled_from(['"x"', '"a,\\"b\\u00e9"', '{"b": 1}', "[1, {}]", "true", '"é"', "null"])


def line_of(draw: st.DrawFn) -> str:
    found = {"a": draw(CELLS), "b": draw(CELLS), "c": draw(OTHERS)}
    keys = draw(st.permutations([key for key, value in found.items() if value is not None]))
    colon, comma = draw(st.sampled_from([(":", ","), (": ", ", "), (" :\t", " , ")]))
    return "{" + comma.join(f'"{key}"{colon}{found[key]}' for key in keys) + "}"


FILES = st.composite(lambda draw: [line_of(draw) for _ in range(draw(st.integers(1, 8)))])()


def exact(line: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(line, parse_float=Fraction, parse_int=Fraction)
    return read


def holds(line: str) -> bool | None:
    a, b = exact(line).get("a"), exact(line).get("b")
    return None if a is None or b is None else bool(b >= a)


def run(folder: Path, *words: str) -> int:
    here = os.getcwd()
    os.chdir(folder)
    try:
        return main(list(words))
    finally:
        os.chdir(here)


@examples(
    15,
    phases=[Phase.generate, Phase.reuse],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lines=FILES,
    ending=st.sampled_from(["\n", "\r\n"]),
    blank=st.booleans(),
    batch=st.sampled_from([None, 1, 2]),
)
def test_verdicts_are_exact_and_nothing_else_changes(
    tmp_path: Path, lines: list[str], ending: str, blank: bool, batch: int | None
) -> None:
    # The first line names the columns.
    lines = ['{"a": 1, "b": 2, "c": null}', *lines]
    text = (ending * 2 if blank else ending).join(lines)
    (tmp_path / "t.jsonl").write_bytes(text.encode())
    (tmp_path / "r.txt").write_text("b >= a\n")
    rows = [] if batch is None else ["--batch-rows", str(batch)]
    report = tmp_path / "report.json"
    words = ("check", "t.jsonl", "r.txt", "--format", "json", "--output", report.name)
    assert run(tmp_path, *words, *rows) in {0, 1}
    found = json.loads(report.read_text())
    verdicts = [holds(line) for line in lines]
    assert found["rows"] == len(lines)
    assert found["requirements"][0]["violations"] == verdicts.count(False)
    assert found["requirements"][0]["unknown"] == verdicts.count(None)
    words = ("correct", "t.jsonl", "r.txt", "--output", "o.jsonl", "--quiet", *rows)
    assert run(tmp_path, *words) == 0
    written = (tmp_path / "o.jsonl").read_bytes().decode()
    after = [line for line in written.split(ending) if line]
    assert written.count(ending) == text.count(ending)
    for before, now, verdict in zip(lines, after, verdicts, strict=True):
        if verdict is not False:
            assert now == before
            continue
        assert holds(now)
        assert list(exact(now)) == list(exact(before))
        assert exact(now)["c"] == exact(before)["c"]


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ('{"a": 1', "line 3"),
        ("[1]", "line 3 of `t.jsonl` does not: it is not an object"),
        ('{"a": 1} {"a": 2}', "line 3"),
        ('{"a": 1, "a": 2}', "it has a key twice"),
        ('{"a":\n1}', "line 3"),
        ('{"a": "5"}', 'must hold numbers, but line 3 holds "5"'),
        ('{"a": {"b": 1}}', 'line 3 holds {"b": 1}'),
        ('{"a": 1e-400}', "holds 1e-400 on line 3"),
        ("[" * 100_000, "nested"),
    ],
)
def test_a_bad_line_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, fact: str
) -> None:
    (tmp_path / "t.jsonl").write_text(f'{{"a": 1}}\n\n{line}\n{{"a": 2}}\n')
    (tmp_path / "r.txt").write_text("a >= 0\n")
    assert run(tmp_path, "correct", "t.jsonl", "r.txt", "--output", "o.jsonl") == 2
    error = capsys.readouterr().err
    assert fact in error
    assert error.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["r.txt", "t.jsonl"]


def test_bytes_that_are_no_text_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.jsonl").write_bytes(b'{"a": 1}\n{"a": 2, "b": "\xff"}\n')
    (tmp_path / "r.txt").write_text("a >= 0\n")
    assert run(tmp_path, "check", "t.jsonl", "r.txt") == 2
    assert "line 2" in capsys.readouterr().err


def test_texts_dates_and_compression(tmp_path: Path) -> None:
    import gzip

    rows = [
        {"id": 1, "state": "open", "due": "2024-01-31", "seen": "2024-01-30 10:00:00"},
        {"id": 2, "state": "shut", "due": "2024-01-31", "seen": "2024-02-01 10:00:00"},
        {"id": 3, "due": None, "state": "lost"},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "t.ndjson.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "r.txt").write_text('state in ("open", "shut")\nseen <= due\nseen is not null\n')
    words = ("--format", "json", "--output", "report.json")
    assert run(tmp_path, "check", "t.ndjson.gz", "r.txt", *words) == 1
    found = json.loads((tmp_path / "report.json").read_text())
    assert [one["rows"] for one in found["requirements"]] == [[2], [1], [2]]
    assert run(tmp_path, "check", "t.ndjson.gz", "r.txt", "-q", "--violations", "v.jsonl") == 1
    listed = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    found = {"row": 1, "line": 2, "violated": "2", "undecided": ""}
    assert listed[0] == {**found, **rows[1]}
    (tmp_path / "r.txt").write_text("seen <= due\n")
    words = ("--output", "o.ndjson.gz", "--only", "due", "--quiet")
    assert run(tmp_path, "correct", "t.ndjson.gz", "r.txt", *words) == 0
    after = gzip.decompress((tmp_path / "o.ndjson.gz").read_bytes()).decode().splitlines()
    assert json.loads(after[1])["due"] == "2024-02-02"  # whole days stay whole
    assert [after[0], after[2]] == [text.splitlines()[0], text.splitlines()[2]]


@examples(25)
@given(
    st.lists(st.sampled_from(["", " ", '{"a": 1}', '{"a": -1}', '{"b": 2}']), max_size=40),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_listed_rows_are_told_with_their_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ending: str, ended: bool
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    lines = ['{"a": -1}', *lines]
    text = ending.join(lines) + ending * ended
    (folder / "t.jsonl").write_bytes(text.encode())
    (found,) = check_table(folder / "t.jsonl", "a >= 0", show=100).results
    bad = [number for number, line in enumerate(lines, 1) if '"a": -1' in line]
    assert [one.line for one in found.examples] == bad
    assert found.worst is not None
    assert found.worst.line == bad[0]


def test_listings_have_the_lines_of_json_lines(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n\n{"a": -1}\n{"a": 2}\n{"a": -2}')
    (tmp_path / "r.txt").write_text("a >= 0\n")
    assert run(tmp_path, "check", "t.jsonl", "r.txt", "-q", "--violations", "v.csv") == 1
    listed = (tmp_path / "v.csv").read_text().splitlines()
    assert [one.split(",")[:2] for one in listed[1:]] == [["1", "3"], ["3", "5"]]


def test_a_key_that_comes_late_is_missing_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = '{"a": 1, "pad": "' + "p" * 200 + '"}\n'
    text = first * 6000 + '\n{"a": 2, "late key": "late"}\n{"a": 3, "late": 1.5, "b": true}\n'
    (tmp_path / "t.jsonl").write_text(text)
    (tmp_path / "r.txt").write_text('late >= a\n`late key` == "never"\nnot b\n')
    shown = []
    for table in (text, '{"a": 1, "late": null, "late key": null, "b": null}\n' + text):
        (tmp_path / "t.jsonl").write_text(table)
        assert run(tmp_path, "check", "t.jsonl", "r.txt", "--format", "json") == 1
        found = json.loads(capsys.readouterr().out)["requirements"]
        shown.append([(one["violations"], one["worst"]["line"] - len(shown)) for one in found])
    assert shown[0] == shown[1] == [(1, 6003), (1, 6002), (1, 6003)]
    (tmp_path / "t.jsonl").write_text(text)
    assert run(tmp_path, "correct", "t.jsonl", "r.txt", "-o", "o.jsonl", "-q") == 0
    new = (tmp_path / "o.jsonl").read_text().splitlines()
    assert new[:6000] == [first.rstrip()] * 6000
    assert new[-2:] == [
        '{"a": 2, "late key": "never"}',
        '{"a": 3, "late": 3.0, "b": false}',
    ]
    (tmp_path / "r.txt").write_text("late >= 2\nlater is null\n")
    assert run(tmp_path, "check", "t.jsonl", "r.txt") == 2
    assert "`later` is not a column" in capsys.readouterr().err
