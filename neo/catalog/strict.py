"""Configuration that forgives no typing error: closed, frozen models, and YAML read without surprises."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from neo.catalog.columns import closest
from neo_sdk.errors import ConfigError

# A YAML file of a few hundred bytes can expand, by aliases of aliases, to more than memory holds.
MAX_YAML_NODES = 100_000


class Strict(BaseModel):
    """A frozen model. A key that it does not know is an error that names the closest one it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        unknown = [str(key) for key in values if key not in cls.model_fields]
        if unknown:
            known = list(cls.model_fields)
            hints = [
                f"unknown key {key!r}{closest(key, known) or ', known are: ' + ', '.join(known)}" for key in unknown
            ]
            raise ValueError("; ".join(hints))
        return values


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], values: Any, source: str) -> Model:
    """`values` as `model`. Raises ConfigError with one line for each thing that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_line(source, detail) for detail in error.errors())) from None


def load_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping that a YAML file holds. Raises ConfigError for anything else, for keys given twice and for
    alias bombs."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _check_nodes(node, path)
        values = yaml.safe_load(text)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds a {type(values).__name__}, expected a mapping of keys to values")
    return values


def _line(source: str, detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    came = detail["input"]
    shown = f", got {came!r}" if detail["type"] != "value_error" and isinstance(came, str | int | float | bool) else ""
    return f"{source}: {place + ': ' if place else ''}{message}{shown}"


def _check_nodes(root: yaml.Node | None, path: Path) -> None:
    """Refuses keys given twice, values that contain themselves, and trees that are huge once their aliases
    are followed."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise ConfigError(f"{path}:{node.start_mark.line + 1} contains itself through an alias")
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, path)
            total += sum(size(key) + size(value) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(size(child) for child in node.value)
        open_nodes.remove(id(node))
        sizes[id(node)] = total
        return total

    if root is not None and size(root) > MAX_YAML_NODES:
        raise ConfigError(f"{path} expands to more than {MAX_YAML_NODES} values, it uses aliases of aliases")


def _check_keys(node: yaml.MappingNode, path: Path) -> None:
    seen = set[str]()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise ConfigError(f"{path}:{key.start_mark.line + 1} gives the key {key.value!r} twice")
            seen.add(key.value)
