"""The recipes that come with NEO: listing, finding and copying them. Each begins with a comment that says what it is,
what it needs, what it takes, and the command that runs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from neo.catalog.columns import closest, write_text
from neo.catalog.strict import load_yaml
from neo_sdk.errors import ConfigError, NotFoundError

PLACE = "recipes"  # what the comments call the folder


@dataclass(frozen=True)
class Recipe:
    """A recipe's name and file, and what its comment says."""

    name: str
    path: Path
    about: str
    needs: str
    takes: str
    commands: tuple[str, ...]


def recipes_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / PLACE
    return inside if inside.is_dir() else package.parent / PLACE


def all_recipes() -> list[Recipe]:
    """Every recipe, by name."""
    return [read_recipe(path) for path in sorted(recipes_folder().glob("*.yaml"))]


def read_recipe(path: Path) -> Recipe:
    """A recipe by its comment; what the comment does not say is empty."""
    comment = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
    lines, commands = [], list[str]()
    for line in (line[1:] for line in comment):
        if line.startswith("   ") and (commands or line.strip().startswith("neo ")):
            if line.strip().startswith("neo "):
                commands.append(line.strip())
        else:
            lines.append(line.strip())
    parts = dict.fromkeys(("about", "needs", "takes"), "")
    into = "about"
    for line in lines:
        if found := re.match(r"(Needs|Takes): *", line):
            into, line = found[1].lower(), line[found.end() :]
        parts[into] = f"{parts[into]} {line}".strip()
    return Recipe(path.stem, path, parts["about"], parts["needs"], parts["takes"], tuple(commands))


def find_recipe(asked: Path) -> Path:
    """The file itself; or one that comes with NEO, by its name alone or as `recipes/NAME.yaml`. Else NotFoundError."""
    if asked.exists() and not asked.is_dir():
        return asked
    names = [path.stem for path in recipes_folder().glob("*.yaml")]
    name = asked.name.removesuffix(".yaml") if asked.parent == Path(PLACE) else str(asked)
    if name in names:
        return recipes_folder() / f"{name}.yaml"
    raise NotFoundError(
        f"There is no recipe {str(asked)!r}{closest(asked.stem, names)}: give a YAML file, or the name of one that "
        f"`neo recipes` lists."
    )


def copy_recipe(name: str, folder: Path) -> list[Path]:
    """Copies a recipe and the YAML of its data, to be edited; its comments then name the copy. Returns the copies.

    Raises ConfigError rather than replace a file, and where the data's YAML does not lie with the recipe.
    """
    source = find_recipe(Path(name))
    data = load_yaml(source).get("data")
    files = data.get("files") if isinstance(data, dict) else None
    beside = source.parent.resolve()
    originals = [beside / source.name, *([(beside / files).resolve()] if files else [])]
    if not originals[-1].is_relative_to(beside):
        raise ConfigError(f"{source} reads {files}, which is not in the recipe's own folder: copy both files by hand.")
    copies = [folder / original.relative_to(beside) for original in originals]
    if there := [copy for copy in copies if copy.exists()]:
        raise ConfigError(f"{there[0]} exists and is left alone: give another folder, or remove it.")
    for original, copy in zip(originals, copies, strict=True):
        text = original.read_text(encoding="utf-8")
        write_text(re.sub(r"^#.*", lambda line: line[0].replace(f"{PLACE}/", f"{folder}/"), text, flags=re.M), copy)
    return copies
