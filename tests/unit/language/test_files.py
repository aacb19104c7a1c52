"""Files of any bytes."""

import pytest

from pishield_cli.errors import RequirementError, RequirementsFileError, Span
from pishield_cli.language import load_requirements_file, read_requirements
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
