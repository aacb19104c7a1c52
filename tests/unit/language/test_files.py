"""Files of any bytes."""

import pytest

from pishield_cli.errors import (
    RequirementError,
    RequirementsFileError,
    Span,
    UnknownVariableError,
)
from pishield_cli.language import load_requirements_file, read_binding, read_requirements
from pishield_cli.language.files import MAX_BYTES


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "r.txt"
    path.write_bytes("\ufeffy_0 >= 1\r\n".encode())
    requirements = load_requirements_file(path)
    assert requirements.variables == ("y_0",)
    assert requirements.source == str(path)
    assert read_requirements(str(path)) == requirements


@pytest.mark.parametrize(
    ("content", "span", "said"),
    [
        (b"a > 0\nb\xff > 0", Span(2, 2, 3), "0xFF"),
        ("é > 0\n".encode("latin-1"), Span(1, 1, 2), "UTF-8"),
        ("a > 0".encode("utf-16"), Span(1, 1, 2), "UTF-8"),
        (b"a > 0\r\nab\0 > 0", Span(2, 3, 4), "null"),
    ],
)
def test_bytes_that_are_no_text_are_blamed_at_their_place(tmp_path, content, span, said):
    path = tmp_path / "r.txt"
    path.write_bytes(content)
    with pytest.raises(RequirementsFileError, match=said) as caught:
        read_requirements(path)
    [problem] = caught.value.problems
    assert problem.span == span


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path):
    for path, said in [(tmp_path / "no.txt", "does not exist"), (tmp_path, "folder")]:
        with pytest.raises(RequirementError, match=said) as caught:
            read_requirements(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(RequirementError, match="cannot be read"):
        read_requirements("a\0b")
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(RequirementError, match="64 MiB"):
        read_requirements(huge)


def test_names_that_are_no_columns_come_with_lines_that_cannot_be_read(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text(
        "ordering a nope\n[x] a >= >= 3\nb + stauts >= 0\nstauts >= 1\n[x] b > 0\n"
        'unread > of of\nb * "b" > 0\n0 :- 7 n1\n'
    )
    with pytest.raises(RequirementsFileError) as caught:
        read_binding(path, ["a", "b", "status"])
    found = caught.value.problems
    named = [one.span.line for one in found if isinstance(one, UnknownVariableError)]
    assert named == [1, 3, 8]
    assert [one.span.line for one in found] == [1, 2, 3, 6, 7, 8]
    assert [one.source for one in found] == [str(path)] * len(found)


def test_a_file_without_errors_is_bound(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("y_1 >= 1\n")
    bound = read_binding(path, ["a", "b"], positions=["b", "a"])
    assert bound.requirements.variables == ("a",)


def test_a_file_that_can_be_read_but_not_bound_names_what_is_unknown(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("zz >= 1\n")
    with pytest.raises(RequirementsFileError, match="`zz` is not a column"):
        read_binding(path, ["a", "b"])


@pytest.mark.slow
def test_many_errors_of_both_kinds_come_in_bounded_time_and_number(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("".join(f"u{i} >= 0\nv{i} w >= 0\n" for i in range(8_000)))
    with pytest.raises(RequirementsFileError) as caught:
        read_binding(path, [f"column{i}" for i in range(300)])
    assert len(caught.value.problems) <= 10_000
