"""Log lines that stay lines, whatever somebody sends: nothing in them breaks a line or moves a terminal's cursor."""

from __future__ import annotations

import copy
import logging
import sys
import traceback

from neo_sdk.errors import NeoError

LOG = logging.getLogger("neo.serving")


def one_line(text: str) -> str:
    """The text with all that is not printable escaped: line breaks of every kind, escapes, surrogates, directions."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


class OneLine(logging.Formatter):
    """Time, level and message in one line; of an exception its type and where it was raised, not what it says.

    What it says may quote a prompt.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        mine = copy.copy(record)
        mine.exc_text = None  # another formatter may have left what the exception says
        return one_line(super().format(mine))

    def formatException(self, ei: object) -> str:
        kind, _, trace = ei if isinstance(ei, tuple) else sys.exc_info()
        frames = traceback.extract_tb(trace)
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        return f"{kind.__name__ if kind else 'an error'} at {places}"


def log_failure(what: str, error: BaseException) -> None:
    """An error that nobody expected. What it says is written of NEO's own only: there it quotes no prompt."""
    said = f": {error}" if isinstance(error, NeoError) else ""
    LOG.error("%s%s", what, said, exc_info=(type(error), error, error.__traceback__))


def log_to_stderr(whose: logging.Logger | None = None) -> None:
    """All lines of this process, the HTTP library's too; or those of one logger, and nowhere else."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logger = whose or logging.getLogger()
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
