"""Item types. Show, episode and audiobook come built in; a catalog may bring others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from neo_sdk.errors import ConfigError

NAME_PATTERN = r"[a-z][a-z0-9_]{0,31}"
MAX_TYPES = 100


@dataclass(frozen=True)
class ItemType:
    """A kind of item. `name` and `plural` stand in prompts; `parent` names the type that items of this one
    are part of."""

    name: str
    plural: str
    parent: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME_PATTERN, self.name):
            raise ConfigError(
                f"item type name {self.name!r}: expected lower-case letters, digits and _, "
                "starting with a letter, 32 at most"
            )
        if not self.plural.strip():
            raise ConfigError(f"item type {self.name!r}: the plural is empty, give one such as '{self.name}s'")


SHOW = ItemType("show", "shows")
EPISODE = ItemType("episode", "episodes", parent="show")
AUDIOBOOK = ItemType("audiobook", "audiobooks")
BUILT_IN: tuple[ItemType, ...] = (SHOW, EPISODE, AUDIOBOOK)


def check_types(types: Iterable[ItemType]) -> tuple[ItemType, ...]:
    """The types as a tuple. Raises ConfigError for a repeated name, an unknown parent or too many types."""
    found = tuple(types)
    names = [item_type.name for item_type in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"item type {name!r} is given twice, keep one")
    for item_type in found:
        if item_type.parent is not None and item_type.parent not in names:
            raise ConfigError(
                f"item type {item_type.name!r} has the parent {item_type.parent!r}, which is not among "
                f"{', '.join(names)}"
            )
    if len(found) > MAX_TYPES:
        raise ConfigError(f"{len(found)} item types, at most {MAX_TYPES} fit")
    return found
