"""Every recipe says what it needs, what it takes and how it is run; all are found, copied and packed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from neo.catalog.mapping import read_config
from neo.catalog.strict import load_yaml
from neo.cli import main
from neo.training import recipes as module
from neo.training.config import load_config
from neo.training.recipes import all_recipes, find_recipe, read_recipe, recipes_folder

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
MAPPINGS = sorted((ROOT / "recipes").glob("*/*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_begins_with_what_it_needs_and_the_exact_command(path: Path) -> None:
    found = read_recipe(path)
    assert found.about and found.needs and found.takes
    assert found.commands and all(command.startswith("neo run ") for command in found.commands)
    assert all(command.split()[2] == f"recipes/{path.name}" for command in found.commands)
    config = load_config(path)
    assert config.name == path.stem
    files = load_yaml(path)["data"].get("files")
    assert files is None or (path.parent / files) in MAPPINGS


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_a_mapping_begins_with_what_it_is_and_how_it_is_used(path: Path) -> None:
    comment = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert comment.startswith("# ") and re.search(r"neo (run|check) recipes/", comment)
    assert read_config(path).items


def test_there_are_recipes_and_each_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(RECIPES) >= 5 and recipes_folder() == ROOT / "recipes"
    for command in (["recipes"], ["recipes", "list"]):
        assert main(command) == 0
        listed = capsys.readouterr().out
        assert all(re.search(rf"\b{path.stem}\b", listed) for path in RECIPES)


def test_a_recipe_is_found_by_its_file_its_name_and_what_its_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    inside = ROOT / "recipes" / "quickstart.yaml"
    for path in RECIPES:
        assert find_recipe(Path(path.stem)) == find_recipe(Path("recipes") / path.name) == path
    (tmp_path / "quickstart").mkdir()  # as `neo recipes copy quickstart quickstart` leaves it
    assert find_recipe(Path("quickstart")) == find_recipe(inside) == inside
    (tmp_path / "recipes").mkdir()
    shutil.copy(inside, tmp_path / "recipes" / "quickstart.yaml")
    assert find_recipe(Path("recipes/quickstart.yaml")) == Path("recipes/quickstart.yaml")  # one's own comes first
    assert main(["run", "quikstart"]) == 1
    assert "no recipe 'quikstart', did you mean 'quickstart'?" in capsys.readouterr().err


def test_a_copy_names_itself_and_replaces_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert main(["recipes", "copy", "spoken", str(folder)]) == 0
    assert f"neo recipes validate {folder}/spoken.yaml" in capsys.readouterr().out
    assert load_config(folder / "spoken.yaml").data.files == folder / "data" / "spoken.yaml"
    assert f"neo run {folder}/spoken.yaml" in (folder / "data" / "spoken.yaml").read_text()
    assert read_recipe(folder / "spoken.yaml").commands[0].startswith(f"neo run {folder}/spoken.yaml")
    (folder / "spoken.yaml").write_text("name: mine\n")
    assert main(["recipes", "copy", "spoken", str(folder)]) == 1
    assert "exists and is left alone" in capsys.readouterr().err
    assert (folder / "spoken.yaml").read_text() == "name: mine\n"


@pytest.mark.parametrize("files", ["../items.yaml", "{tmp_path}/items.yaml"])
def test_what_lies_outside_a_recipes_folder_is_not_copied(
    files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "my.yaml").write_text(f"name: x\ndata: {{files: {files.format(tmp_path=tmp_path)}}}\n")
    (tmp_path / "items.yaml").write_text("# neo run recipes/items.yaml\nroot: .\n")
    assert main(["recipes", "copy", "sub/my.yaml", "out"]) == 1
    assert "not in the recipe's own folder" in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert (tmp_path / "items.yaml").read_text() == "# neo run recipes/items.yaml\nroot: .\n"


def test_they_are_in_the_wheel_and_found_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md"):
        shutil.copy(ROOT / name, source / name)
    for name in ("neo", "recipes"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    built = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    wheel = zipfile.ZipFile(tmp_path / built.stdout.split()[-1])
    held = {name for name in wheel.namelist() if name.startswith("neo/recipes/")}
    assert held == {f"neo/{path.relative_to(ROOT).as_posix()}" for path in (*RECIPES, *MAPPINGS)}
    assert {f"neo/{path.relative_to(ROOT / 'neo').as_posix()}" for path in (ROOT / "neo").rglob("*.py")} <= set(
        wheel.namelist()
    )
    wheel.extractall(tmp_path / "installed")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "installed" / "neo" / "training" / "recipes.py"))
    assert recipes_folder() == tmp_path / "installed" / "neo" / "recipes"
    assert [recipe.name for recipe in all_recipes()] == [path.stem for path in RECIPES]
