"""The listener model: who somebody is over the years, as one vector of a space with an id.

A vector means something only to what was trained on vectors of the same model. So each model has an id, its vectors
carry it, and whatever reads them asks for it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from neo.catalog.activity import Events, Listeners
from neo.listeners.autoencoder import Autoencoder
from neo.listeners.features import DAYPARTS, RHYTHM, WINDOWS, Features, Profiles
from neo.listeners.item_vectors import ItemVectors
from neo.sids.table import SidTable
from neo_sdk.errors import BundleError

SETTINGS, WEIGHTS = "listener_model.json", "listener_model.safetensors"
CHUNK = 16_384  # moments whose features exist at a time


@dataclass(frozen=True, eq=False)
class Vectors:
    """Listeners' vectors, float32 [n, dim], of one space."""

    space: str
    values: np.ndarray

    def of(self, space: str) -> np.ndarray:
        """The values, for a consumer that was trained on this space. BundleError for any other."""
        if space != self.space:
            raise BundleError(
                f"These listener vectors are of the space {self.space}, expected {space}: they mean nothing to a model "
                f"that was trained on others. Make the vectors again with this bundle's listener model."
            )
        return self.values


class ListenerModel:
    """Features and the network that reads them."""

    def __init__(self, features: Features, network: Autoencoder) -> None:
        self.features, self.network = features, network.eval()

    @property
    def dim(self) -> int:
        return len(self.network.center)

    @cached_property
    def space(self) -> str:
        """16 hex digits that follow from the weights, what codes mean and what is asked of events.

        Not from the SID table: items that come in later change no vector of before.
        """
        digest = hashlib.sha256(json.dumps(self._settings(), sort_keys=True).encode())
        for name, tensor in sorted(self._tensors().items()):
            digest.update(name.encode() + tensor.tobytes())
        return digest.hexdigest()[:16]

    @torch.inference_mode()
    def vectors(
        self, events: Events, who: np.ndarray, when: np.ndarray, listeners: Listeners, rows: np.ndarray
    ) -> Vectors:
        """Of listener `who[i]` of the events at the second `when[i]`, from what lies strictly before it.

        rows: int [n], their rows in `listeners`, -1 where nothing is known of them but events. Who has no events and
        has said nothing has a vector too, the same for all of them. Batch and single vectors are made alike.
        """
        made = np.empty((len(who), self.dim), dtype=np.float32)
        order = np.argsort(who, kind="stable")  # a listener's events are summed up once
        for start in range(0, len(who), CHUNK):
            some = order[start : start + CHUNK]
            features = self.features.at(events, who[some], when[some], listeners, rows[some])
            made[some] = self.network(torch.from_numpy(features)).numpy()
        return Vectors(self.space, made)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS).write_text(json.dumps(self._settings(), indent=1) + "\n", encoding="utf-8")
        save_file(self._tensors(), folder / WEIGHTS)

    @classmethod
    def load(cls, folder: Path, table: SidTable) -> ListenerModel:
        """table: the SIDs of the items that listeners meet. Raises BundleError for what cannot be read."""
        try:
            settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            tensors = load_file(folder / WEIGHTS)
            books = {name: tensors.pop(f"items.{name}") for name in settings["books"]}
            topics = dict(zip(settings["topics"], tensors.pop("topics"), strict=True))
            profiles = Profiles(tuple(settings["countries"]), tuple(settings["languages"]), topics)
            features = Features(ItemVectors(books, table), settings["types"], profiles)
            network = Autoencoder(features.width, len(tensors["center"]))
            network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tensors.items()})
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise BundleError(f"{folder}: the listener model cannot be read: {error}") from error
        return cls(features, network)

    def _settings(self) -> dict[str, Any]:
        profiles = self.features.profiles
        return {
            "types": list(self.features.types),
            "books": list(self.features.items.books),
            "countries": list(profiles.countries),
            "languages": list(profiles.languages),
            "topics": list(profiles.topics),
            "windows": [*WINDOWS, RHYTHM, DAYPARTS],
        }

    def _tensors(self) -> dict[str, np.ndarray]:
        items, topics = self.features.items, self.features.profiles.topics
        tensors = {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in self.network.state_dict().items()}
        tensors |= {f"items.{name}": np.ascontiguousarray(book, dtype=np.float32) for name, book in items.books.items()}
        said = np.stack(list(topics.values())) if topics else np.zeros((0, items.dim))
        return {**tensors, "topics": said.astype(np.float32)}
