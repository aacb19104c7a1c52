import subprocess
import sys

import pytest

import pishield_cli


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'torch', 'numpy', 'pyarrow', 'pandas', 'scipy', 'rich', 'typer'}"
    assert run(f"import pishield_cli, sys; print({heavy} & set(sys.modules))") == "set()"


def test_reading_requirements_loads_nothing_heavy():
    heavy = "{'torch', 'numpy', 'pyarrow'} & set(sys.modules)"
    code = f"import pishield_cli, sys; pishield_cli.load_requirements; print({heavy})"
    assert run(code) == "set()"


def test_every_public_name_is_listed_and_there():
    pytest.importorskip("torch")
    assert set(dir(pishield_cli)) == set(pishield_cli.__all__)
    for name in dir(pishield_cli):
        assert getattr(pishield_cli, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Sheild'"):
        pishield_cli.Sheild  # noqa: B018


def test_without_torch_the_extra_is_named():
    code = """
import sys
sys.modules["torch"] = None
import pishield_cli
try:
    pishield_cli.Shield
except pishield_cli.PishieldError as error:
    print(type(error).__name__, error)
"""
    shown = run(code)
    assert shown.startswith("MissingExtraError")
    assert "pishield-cli[torch]" in shown
