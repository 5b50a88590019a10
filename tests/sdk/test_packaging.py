"""The SDK stands alone: a small wheel, imported without the model's libraries and without the model."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import neo_sdk

SDK = Path(neo_sdk.__file__).parent.parent
HEAVY = {"torch", "transformers", "neo", "numpy", "pyarrow", "openai"}


def alone(code: str) -> str:
    """What a program prints that finds the SDK first, and nothing in its working directory."""
    program = f"import sys; sys.path.insert(0, {str(SDK)!r}); {code}"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_every_name_loads_without_the_model() -> None:
    code = f"""
import neo_sdk
for name in neo_sdk.__all__:
    getattr(neo_sdk, name)
import neo_sdk.testing
neo_sdk.Neo("http://127.0.0.1:1")
print(neo_sdk.__file__, {HEAVY!r} & set(sys.modules))
"""
    assert alone(code) == f"{SDK / 'neo_sdk' / '__init__.py'} set()"


def test_importing_the_sdk_alone_loads_nothing_but_the_errors() -> None:
    code = (
        "import neo_sdk; neo_sdk.CatalogError; print(sorted({'neo_sdk.types', 'pydantic', 'httpx'} & set(sys.modules)))"
    )
    assert alone(code) == "[]"


def test_editors_see_every_name_that_loads_later() -> None:
    """__all__ is what the module gives, and the names that load with their first use are all in it."""
    later = {name for names in neo_sdk._LATER.values() for name in names}
    assert later < set(neo_sdk.__all__)
    assert all(name in vars(neo_sdk) for name in set(neo_sdk.__all__) - later)
    assert sorted(set(neo_sdk.__all__)) == sorted(neo_sdk.__all__)


def test_it_needs_two_packages() -> None:
    project = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]
    names = sorted(requirement.partition(">")[0] for requirement in project["dependencies"])
    assert names == ["httpx", "pydantic"]


def test_the_wheel_holds_every_module_and_the_marker_of_types(tmp_path: Path) -> None:
    source = tmp_path / "sdk"
    (source / "neo_sdk").mkdir(parents=True)
    for path in (SDK / "pyproject.toml", *SDK.glob("neo_sdk/*")):
        if path.is_file():
            (source / path.relative_to(SDK)).write_bytes(path.read_bytes())
    code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    built = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    wheel = tmp_path / built.stdout.split()[-1]
    assert wheel.name == f"neo_catalog_sdk-{neo_sdk.__version__}-py3-none-any.whl"
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("neo_sdk/")}
    assert held == {f"neo_sdk/{path.name}" for path in SDK.glob("neo_sdk/*") if path.is_file()}
    assert {"neo_sdk/py.typed", "neo_sdk/client.py"} <= held
