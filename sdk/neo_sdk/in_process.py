"""Asks a model that is loaded here, with the answers that a server would give."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from neo_sdk.errors import ConfigError, InvalidRequestError
from neo_sdk.types import Answer, Health, Item, StreamEvent
from neo_sdk.wire import Ask, ChatRequest, EventsRequest, ItemsRequest

if TYPE_CHECKING:
    from neo.model.neo_model import NeoModel


class InProcess:
    """A bundle that was loaded."""

    def __init__(self, model: NeoModel) -> None:
        self._model = model

    @classmethod
    def load(cls, folder: str | Path, device: str | None, verify: bool) -> InProcess:
        """Raises ConfigError where NEO itself is not installed, BundleError for a folder that is no whole bundle."""
        try:
            from neo.model.neo_model import NeoModel
        except ImportError as error:
            raise ConfigError(
                f"A bundle is loaded by NEO itself, which cannot be imported ({error}): install neo-catalog, or ask a "
                f"server with Neo(base_url=...)."
            ) from error
        return cls(NeoModel.load(folder, device, verify))

    def changed(self, timeout: float | None, max_retries: int | None) -> InProcess:
        """The same: nothing is sent here, so nothing is waited for and nothing tried again."""
        return self

    def answer(self, request: Ask) -> Answer:
        answer: Answer = getattr(self._model, request.verb)(**request.arguments())
        return answer

    @contextmanager
    def stream(self, request: Ask) -> Iterator[Iterator[StreamEvent]]:
        """The pieces of an answer: of a chat as the model writes them, of all else once it is whole."""
        if not isinstance(request, ChatRequest):
            answer = self.answer(request)
            yield iter((*answer.parts, answer))
            return
        pieces = self._model.stream_chat(**request.arguments())
        try:
            yield pieces
        finally:
            if isinstance(pieces, Generator):
                pieces.close()

    def items(self, request: ItemsRequest) -> list[Item]:
        catalog = self._model.bundle.catalog
        return [catalog.item(catalog.row(item_id)) for item_id in request.ids]

    def events(self, request: EventsRequest) -> int:
        raise InvalidRequestError(
            "A loaded bundle does not learn: send events to a server, or pass a history with what happened since."
        )

    def models(self) -> list[str]:
        return [str(self._model.bundle.config.get("name") or "neo")]

    def health(self) -> Health:
        return Health(status="ok")

    def close(self) -> None:
        """Nothing is open."""
