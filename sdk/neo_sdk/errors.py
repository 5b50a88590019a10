"""The error tree that the model, the server and the client share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_PROBLEMS = 20


class NeoError(Exception):
    """Root of every error that neo raises on purpose. `code` names the kind in JSON answers."""

    code: str = "error"


class InvalidRequestError(NeoError):
    """An argument of a call cannot be used."""

    code = "invalid_request"


class NotFoundError(NeoError):
    """An item, listener or item type that nothing here knows."""

    code = "not_found"


class ConfigError(NeoError):
    """A configuration file or an override cannot be used."""

    code = "config"


class BundleError(NeoError):
    """A saved folder is incomplete, damaged, or holds parts that do not match."""

    code = "bundle"


class TrainingError(NeoError):
    """Training cannot start or go on."""

    code = "training"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one place of the user's data. `line` counts from 1 and is None when no line
    applies."""

    source: str
    line: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        column = "" if self.column is None else f" [{self.column}]"
        return f"{place}{column} {self.message}"


class CatalogError(NeoError):
    """The user's data cannot be used. `problems` holds everything that was found, not only the first."""

    code = "catalog"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        shown = [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if count > SHOWN_PROBLEMS:
            shown.append(f"  ... and {count - SHOWN_PROBLEMS} more")
        head = "1 problem in the data" if count == 1 else f"{count} problems in the data"
        return "\n".join([f"{head}:", *shown])
