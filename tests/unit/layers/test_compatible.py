import pytest

import pishield_cli
from pishield_cli.errors import RequirementError, UsageError

torch = pytest.importorskip("torch")

LINEAR = "ordering y_0 y_1 y_2\n-y_0 >= -3\ny_0 >= 3\ny_0 - y_1 >= 0\n-y_0 - y_2 >= 0\n"
QFLRA = "ordering y_1 y_0\ny_0 >= 3\ny_1 > 2 or neg y_0 >= 3\n"
RULES = "0 :- 1 n2\n1 :- 2\n"
CLAUSES = "y_0 or not y_1 or y_2\ny_1 or not y_2\n"


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "requirements.txt"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_the_documented_example(write):
    predictions = torch.tensor([[-5.0, -2.0, -1.0]])
    layer = pishield_cli.build_shield_layer(predictions.shape[-1], write(LINEAR))
    assert layer(predictions.clone()).tolist() == [[3.0, -2.0, -3.0]]
    assert isinstance(layer, torch.nn.Module)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        (LINEAR, "linear"),
        (QFLRA, "qflra"),
        ("y_0 >= 1\ny_1 >= 0 or y_0 >= 2\n", "qflra"),
        (RULES, "propositional"),
        (CLAUSES, "propositional"),
    ],
)
def test_types_are_detected_on_the_whole_file(write, text, type, capsys):
    assert pishield_cli.detect_requirements_type(write(text)) == type
    layer = pishield_cli.build_shield_layer(3, write(text), requirements_type=type)
    assert layer.requirements.type == type
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["", "ordering y_0 y_1\n\n"])
def test_a_file_without_a_requirement_has_no_type(write, text):
    assert pishield_cli.detect_requirements_type(write(text)) is None
    with pytest.raises(RequirementError, match="at least one requirement"):
        pishield_cli.build_shield_layer(3, write(text))


def test_a_file_that_cannot_be_read_has_no_type_but_an_error(write):
    with pytest.raises(RequirementError):
        pishield_cli.detect_requirements_type(write("y_0 >= >= 1\n"))


def test_a_rule_bounds_its_head_by_its_body(write):
    layer = pishield_cli.build_shield_layer(
        3, write(CLAUSES), ordering_choice="custom", custom_ordering="2,1,0"
    )
    scores = layer(torch.tensor([[0.1, 0.8, 0.3], [0.1, 0.2, 0.9]], dtype=torch.float64))
    expected = torch.tensor([[0.7, 0.8, 0.3], [0.1, 0.9, 0.9]], dtype=torch.float64)
    assert torch.allclose(scores, expected)


@pytest.mark.parametrize("given", ["2,0,1", [2, 0, 1], ["y_2", "y_0", "y_1"]])
def test_custom_orderings(write, given):
    layer = pishield_cli.build_shield_layer(3, write(LINEAR), "custom", given)
    assert layer.ordering == ("y_2", "y_0", "y_1")


@pytest.mark.parametrize(
    ("choice", "ordering"),
    [
        ("given", ("y_1", "y_0", "y_2")),
        ("rev-given", ("y_2", "y_0", "y_1")),
        ("degree", ("y_2", "y_1", "y_0")),
        ("rev-degree", ("y_2", "y_0", "y_1")),
    ],
)
def test_named_orderings(write, choice, ordering):
    assert pishield_cli.build_shield_layer(3, write(QFLRA), choice).ordering == ordering


def test_a_random_ordering_follows_torchs_seed(write):
    path = write("y_0 <= y_1\n")
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(pishield_cli.build_shield_layer(30, path, "random").ordering)
    assert found[0] == found[1] != tuple(sorted(found[0]))


@pytest.mark.parametrize("tnorm", ["godel", "product", "lukasiewicz"])
def test_the_documented_loss(write, tnorm):
    loss = pishield_cli.build_shield_loss(3, write("c0 0 :- 1 n2\nc1 1 :- 0\n"), tnorm_choice=tnorm)
    scores = torch.rand(5, 3, requires_grad=True)
    loss(scores).backward()
    assert 0.0 <= loss(scores).item() <= 1.0
    assert loss(torch.zeros(5, 3)).item() == 0.0


def test_what_is_refused(write):
    path = write(LINEAR)
    with pytest.raises(UsageError, match="auto, linear, qflra, propositional"):
        pishield_cli.build_shield_layer(3, path, requirements_type="quadratic")
    with pytest.raises(UsageError, match="`smallest`"):
        pishield_cli.build_shield_layer(3, path, "smallest")
    with pytest.raises(UsageError, match="custom"):
        pishield_cli.build_shield_layer(3, path, "custom")
    with pytest.raises(UsageError, match="`3` is not one"):
        pishield_cli.build_shield_layer(3, path, "custom", [3])
    with pytest.raises(UsageError, match="linear"):
        pishield_cli.build_shield_loss(3, path, requirements_type="linear")
    with pytest.raises(RequirementError):
        pishield_cli.build_shield_loss(3, path)
    with pytest.raises(RequirementError):
        pishield_cli.build_shield_layer(3, write(QFLRA), requirements_type="linear")
