"""What an endpoint has answered, on disk: a run that was cut off does not pay for the same answer twice."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neo_sdk.errors import TrainingError


def request_key(request: Mapping[str, Any]) -> str:
    """sha256 of a request's JSON, whatever the order of its keys."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class AnswerCache:
    """One JSON line an answer, appended as it comes in. Safe for several threads.

    A line that was cut off by a crash is skipped: its answer is asked for again.
    """

    def __init__(self, path: Path) -> None:
        """TrainingError where the file cannot be read or written."""
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._answers, whole = _read(path)
            self._append("" if whole else "\n")
        except OSError as error:
            raise TrainingError(f"The answers of an endpoint cannot be kept in {path}: {error}.") from error

    def get(self, key: str) -> str | None:
        return self._answers.get(key)

    def put(self, key: str, answer: str) -> None:
        line = json.dumps({"key": key, "answer": answer}, ensure_ascii=False)
        with self._lock:
            self._answers[key] = answer
            self._append(line + "\n")

    def _append(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)


def _read(path: Path) -> tuple[dict[str, str], bool]:
    """The answers of a file, and whether its last line is whole."""
    answers: dict[str, str] = {}
    if not path.exists():
        return answers, True
    line = b""
    with path.open("rb") as file:
        for line in file:
            try:
                entry = json.loads(line)
                answers[str(entry["key"])] = str(entry["answer"])
            except (ValueError, KeyError, TypeError):
                continue
    return answers, line.endswith(b"\n") or not line
