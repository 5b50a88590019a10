"""The bundle: one folder that holds everything an answer needs.

manifest.json   format, versions, and the size and SHA-256 of every file
config.json     the resolved configuration of the run
listeners/      the listener model and the soft prompt that reads its vectors, where there are any
model/          weights, tokenizer and vocabulary: an ordinary Hugging Face folder
sids/           the SID table, its index, and what assigns SIDs to new items
catalog/        items, listeners and events
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedModel
from transformers.utils import logging

from neo.catalog.activity import Events, Listeners
from neo.catalog.catalog import Catalog
from neo.decoding.index import SidIndex
from neo.language.vocabulary import Vocabulary
from neo.language.wordings.modes import DISCOVERY
from neo.listeners.model import ListenerModel
from neo.listeners.soft_prompt import PART, SoftPrompt, attach, soft_prompt_of
from neo.model.folder import check_manifest, place_of, write_manifest, written_whole
from neo.sids.build import SidModel
from neo_sdk.errors import BundleError
from neo_sdk.types import Mode

CONFIG_FILE = "config.json"
INDEX_FILE = "index.safetensors"
LISTENERS, SOFT_PROMPT = "listeners", "soft_prompt.safetensors"
HISTORY = 20  # items of a history in a prompt, where the configuration does not say


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model with the catalog it speaks of, and the events known at its training (maybe none).

    mapped: the index as it lies in a saved bundle; where there is none, it is built from the SID table.
    listener_model: makes the vectors that the model's soft prompt was trained on; both are there, or none.

    Parts that do not belong together are refused with BundleError, on making one as on loading one.
    """

    model: PreTrainedModel
    vocabulary: Vocabulary
    sids: SidModel
    catalog: Catalog
    listeners: Listeners
    events: Events
    config: Mapping[str, Any]
    mapped: SidIndex | None = None
    listener_model: ListenerModel | None = None

    def __post_init__(self) -> None:
        problem = self._vocabulary_problem() or self._catalog_problem() or self._listener_problem()
        if problem:
            raise BundleError(f"{problem} They come from different runs: take all parts of a bundle from one run.")

    @cached_property
    def index(self) -> SidIndex:
        """Every item of the catalog that has a SID, on the model's device."""
        index = SidIndex.build(self.sids.table) if self.mapped is None else self.mapped
        return index.to(self.model.device)

    @property
    def history_length(self) -> int:
        """How many items of a history the model was trained to read."""
        stage = self.config.get("instruction") or {}
        return int(stage.get("history", HISTORY))

    @property
    def now(self) -> int:
        """The second after the last event: when requests are asked, as far as the bundle knows."""
        return int(self.events.time.max(initial=-1)) + 1

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The discovery modes that the model was trained on the words of."""
        stage = self.config.get("instruction") or {}
        return tuple(mode for mode in DISCOVERY if stage.get(mode, 0))

    @property
    def reads(self) -> bool:
        """Whether the model was trained to say what requests ask for."""
        stage = self.config.get("instruction") or {}
        return bool(stage.get("read", 0))

    @property
    def goes_on(self) -> bool:
        """Whether the model was trained to go on with a history, and not only to answer."""
        stage = self.config.get("instruction") or {}
        return bool(stage.get("learn_history", False))

    def save(self, folder: str | Path) -> None:
        """Writes the folder, whole or not at all; a bundle that is already there is replaced.

        Raises BundleError where something else than a bundle is there.
        """
        with written_whole(Path(folder)) as draft:
            with _no_progress_bars():
                self._save_model(draft / "model")
            self.vocabulary.save(draft / "model")
            self.sids.save(draft / "sids")
            self.index.to("cpu").save(draft / "sids" / INDEX_FILE, self.sids.table.fingerprint())
            if self.listener_model is not None and (soft := soft_prompt_of(self.model)) is not None:
                self.listener_model.save(draft / LISTENERS)
                soft.save(draft / LISTENERS / SOFT_PROMPT)
            self.catalog.save(draft / "catalog")
            self.listeners.save(draft / "catalog" / "listeners.parquet")
            self.events.save(draft / "catalog" / "events.parquet")
            text = json.dumps(dict(self.config), indent=1, ensure_ascii=False)
            (draft / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
            write_manifest(draft, self._parts())

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu", verify: bool = True) -> Bundle:
        """Reads what `save` wrote, weights in the type they were saved in. Nothing in it is ever run as code.

        Raises BundleError for a file that is missing, added or changed, and for parts that do not match.
        Without `verify` large files are checked by size only.
        """
        folder = place_of(Path(folder))
        parts = check_manifest(folder, verify)
        try:
            config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BundleError(f"{folder / CONFIG_FILE} cannot be read: {error}") from error
        with _no_progress_bars():
            model = _load_model(folder / "model")
        sids, listener_model = SidModel.load(folder / "sids"), None
        if (folder / LISTENERS).is_dir():
            listener_model = ListenerModel.load(folder / LISTENERS, sids.table)
            attach(model, SoftPrompt.load(folder / LISTENERS / SOFT_PROMPT))
        bundle = cls(
            model=model.to(device).eval(),
            vocabulary=Vocabulary.load(folder / "model"),
            sids=sids,
            catalog=Catalog.load(folder / "catalog"),
            listeners=Listeners.load(folder / "catalog" / "listeners.parquet"),
            events=Events.load(folder / "catalog" / "events.parquet"),
            config=config,
            mapped=SidIndex.load(folder / "sids" / INDEX_FILE),
            listener_model=listener_model,
        )
        if bundle.mapped is not None and bundle.mapped.made_of != parts.get("sids"):
            raise BundleError(f"{folder}: {INDEX_FILE} was made from another SID table: save the bundle again.")
        if verify:
            wrong = [name for name, value in bundle._parts().items() if parts.get(name) != value]
            if wrong:
                raise BundleError(
                    f"{folder}: these parts are not those that were saved here: {', '.join(wrong)}. "
                    f"Copy the bundle again, or save it again."
                )
        return bundle

    def _save_model(self, folder: Path) -> None:
        """Weights and architecture only: how to generate is the decoder's business."""
        asked, self.model.generation_config = self.model.generation_config, GenerationConfig()
        # The soft prompt has a file of its own. It is not taken off: the model may be answering.
        weights = {name: tensor for name, tensor in self.model.state_dict().items() if not name.startswith(PART)}
        try:
            self.model.save_pretrained(folder, state_dict=weights)
        finally:
            self.model.generation_config = asked
        (folder / "generation_config.json").unlink(missing_ok=True)

    def _parts(self) -> dict[str, Any]:
        layout = self.vocabulary.layout
        return {
            "catalog": self.catalog.fingerprint(),
            "sids": self.sids.table.fingerprint(),
            "vocabulary": {
                "text_size": layout.text_size,
                "levels": layout.levels,
                "codes": dict(layout.codes),
            },
            "model": {"architecture": type(self.model).__name__, "rows": _rows(self.model)},
            "listeners": None if self.listener_model is None else self.listener_model.space,
        }

    def _vocabulary_problem(self) -> str | None:
        """SID table against vocabulary against model, in words."""
        table, vocabulary = self.sids.table, self.vocabulary
        spoken, exist = dict(vocabulary.layout.codes), table.codebook_sizes
        if (vocabulary.levels, spoken) != (table.levels, exist):
            return (
                f"Vocabulary and SID table do not match: the vocabulary has tokens for "
                f"{vocabulary.levels} levels of {spoken}, the table has {table.levels} levels of {exist}."
            )
        rows = _rows(self.model)
        if min(rows) < vocabulary.size:
            return (
                f"Model and vocabulary do not match: the vocabulary has {vocabulary.size} tokens, "
                f"the model has {rows[0]} rows in its embedding and {rows[1]} in its head."
            )
        return None

    def _listener_problem(self) -> str | None:
        """The listener model against the soft prompt, in words."""
        model, soft = self.listener_model, soft_prompt_of(self.model)
        made, read = None if model is None else model.space, None if soft is None else soft.space
        if made != read:
            return (
                f"Listener model and soft prompt do not match: the one makes vectors of the space {made}, the other "
                f"was trained on {read}."
            )
        return None

    def _catalog_problem(self) -> str | None:
        """SIDs and events against the catalog, in words."""
        catalog = self.catalog
        for name, sids in self.sids.table.types.items():
            if name not in catalog.type_names:
                return f"SID table and catalog do not match: the catalog has no type {name!r}."
            inside = len(sids.rows) == 0 or int(sids.rows[-1]) < len(catalog)
            if not inside or (catalog.type_codes[sids.rows] != catalog.type_code(name)).any():
                return f"SID table and catalog do not match: rows of type {name!r} are others in the catalog."
        known, last = self.events.n_listeners, int(self.events.item.max(initial=-1))
        if known != len(self.listeners):
            exist = len(self.listeners)
            return f"Events and listeners do not match: events know {known} listeners, {exist} exist."
        if last >= len(catalog):
            return f"Events and catalog do not match: there is an event with row {last} of {len(catalog)}."
        return None


def _rows(model: PreTrainedModel) -> list[int]:
    """How many tokens the embedding and the head know."""
    return [int(part.weight.shape[0]) for part in (model.get_input_embeddings(), model.get_output_embeddings())]


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Without transformers' bars, which would run into the caller's own output."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _load_model(folder: Path) -> PreTrainedModel:
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype="auto",
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            attn_implementation="sdpa",
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise BundleError(f"{folder}: the model cannot be read: {error}") from error
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise BundleError(
            f"{folder}: the weights lack {len(missing)} tensors of its config.json, {missing[0]} first. "
            f"Copy the bundle again, or save it again."
        )
    return model
