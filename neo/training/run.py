"""A run: from a recipe to a bundle. The whole way in one file; every step can be used again or resumed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from datasets import Dataset as Rows
from tokenizers import Tokenizer
from transformers import BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerFast

from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import read_config
from neo.catalog.starter.oracle import Oracle
from neo.catalog.starter.world import World, make_world
from neo.decoding.index import SidIndex
from neo.evaluation.leave_one_out import AnySplit
from neo.language.vocabulary import CONTROL, Vocabulary
from neo.listeners.model import ListenerModel
from neo.listeners.soft_prompt import SoftPrompt, attach, detach
from neo.model.bundle import SOFT_PROMPT, Bundle
from neo.model.folder import FORMAT
from neo.sids import ray_build
from neo.sids.build import SidModel
from neo.sids.meanings import code_meanings, item_meanings
from neo.training import base
from neo.training.codebooks import Codebooks
from neo.training.config import ListenerStage, RunConfig, Stage, fingerprint
from neo.training.grounding import ground
from neo.training.instruction import instruct
from neo.training.language import teach_language
from neo.training.listener_model import train_listener_model
from neo.training.lora import is_adapted, merged, quantized, save_adapters
from neo.training.preference.stage import prefer
from neo.training.pretrained import load_pretrained, place
from neo.training.processes import launched
from neo.training.semantic_ids import learn_sids
from neo.training.sharded import trainer_of
from neo.training.split import split_of
from neo.training.steps import ROWS, borrow, is_done, key_of, once, stamps, together
from neo.training.trainer import Guard, StageTrainer, drop_checkpoints, read_rows, train_stage

# Raised where the same settings begin to give another result: what older code left in a folder is then made anew.
DATA_VERSION, SIDS_VERSION, LANGUAGE_VERSION, GROUNDING_VERSION, INSTRUCTION_VERSION = 2, 1, 3, 4, 13
LISTENER_VERSION, PREFERENCE_VERSION = 2, 2
REPORT_VERSION = 4  # the same where bundles begin to answer otherwise, or a report to say more


class Run:
    """The steps of one recipe, in order. `say` gets a line whenever something happens."""

    def __init__(self, config: RunConfig, say: Callable[[str], None] = print) -> None:
        self.config, self.say, self.folder = config, say, config.folder

    def all(self) -> Path:
        """Runs every step that is not done yet; returns the bundle's folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if launched().first:
            resolved = yaml.safe_dump(self.config.model_dump(mode="json"), sort_keys=False)
            (self.folder / "config.yaml").write_text(resolved, encoding="utf-8")
        self.read_data()
        self.learn_sids()
        self.learn_listeners()
        self.teach_language()
        self.ground()
        self.instruct()
        self.prefer()
        return self.pack() if launched().first else self.bundle_folder

    @property
    def keys(self) -> dict[str, str]:
        """Of the steps that another run may have done too."""
        return {
            "data": self.data_key,
            "sids": self._sids_key,
            "listeners": self._listener_key,
            "stage0": self._base_key,
            "stage2": self._grounding_key,
            "stage3": self._instruction_key,
        }

    def borrow(self, other: Run) -> None:
        """Copies the finished steps of another run that are the same in this one; a streamed stage 1 embeds again."""
        borrow(self.folder, self.keys, other.folder, other.keys, without=ray_build.VECTORS)

    # Data

    def read_data(self) -> None:
        once(self.folder / "data", self.data_key, "data", self._read_data, self.say)

    @cached_property
    def data_key(self) -> str:
        source = self.config.data
        if source.files is None:
            return fingerprint(DATA_VERSION, source)
        mapping = read_config(source.files, source.root)
        listeners = (mapping.listeners,) if mapping.listeners else ()
        tables = (*mapping.items, *listeners, *mapping.events, *mapping.searches)
        paths = [source.files, *(source.files.parent / mapping.root / table.path for table in tables)]
        return fingerprint(DATA_VERSION, source, *stamps(paths))

    def _read_data(self, folder: Path) -> None:
        source = self.config.data
        if source.world is not None:
            make_world(source.world).save(folder)
        elif source.files is not None:
            read_dataset(read_config(source.files, source.root), source.files.parent, self.say).save(folder)

    @cached_property
    def world(self) -> World | None:
        """The generated world, where the data is one."""
        return World.load(self.folder / "data") if self.config.data.world is not None else None

    @cached_property
    def full(self) -> Dataset:
        """All data, the future included: for evaluation only."""
        return self.world.dataset if self.world is not None else Dataset.load(self.folder / "data")

    @property
    def oracle(self) -> Oracle | None:
        return None if self.world is None else self.world.oracle

    @cached_property
    def split(self) -> AnySplit:
        """What is learned from and what is asked for."""
        return split_of(self.config, self.full)

    @property
    def _learned_from(self) -> str:
        """What of the split decides which data is learned from: under leave-one-out the same for both of its names."""
        evaluation = self.config.evaluation
        return evaluation.split if evaluation.protocol == "time" else f"{evaluation.protocol}, {evaluation.withheld}"

    @cached_property
    def known(self) -> Dataset:
        """The data that may be learned from."""
        return self.split.training(self.full)

    @cached_property
    def visible(self) -> np.ndarray:
        """Rows of the items that may be learned from."""
        return self.split.visible(self.full)

    # Stage 1: semantic foundation

    @cached_property
    def _sids_key(self) -> str:
        config = self.config
        deal = config.seed if config.shuffle_sids else None
        embedder = stamps(sorted(Path(config.sids.embedder.removeprefix("st:")).rglob("*")))
        given = stamps([] if config.sids.given is None else [config.sids.given])
        return fingerprint(SIDS_VERSION, self.data_key, config.sids, deal, self._learned_from, *embedder, *given)

    def learn_sids(self, learn: Callable[[Run, Path], None] = learn_sids) -> None:
        once(self.folder / "sids", self._sids_key, "stage 1, semantic IDs", partial(learn, self), self.say)

    @cached_property
    def sids(self) -> SidModel:
        return SidModel.load(self.folder / "sids" / "model")

    # Listeners

    @cached_property
    def _listener_key(self) -> str:
        return fingerprint(LISTENER_VERSION, self._sids_key, self.config.listener, self.config.seed)

    def learn_listeners(self) -> None:
        if self.config.listener is not None:
            learn = partial(self._learn_listeners, self.config.listener)
            once(self.folder / "listeners", self._listener_key, "listener model", learn, self.say)

    def _learn_listeners(self, stage: ListenerStage, folder: Path) -> None:
        books = code_meanings(self.sids.table, self.visible, self.meant())
        data, table, visible = self.known, self.sids.table, self.visible
        train_listener_model(data, table, books, visible, stage, self.config.seed, self.say).save(folder)

    @cached_property
    def listener_model(self) -> ListenerModel | None:
        if self.config.listener is None:
            return None
        return ListenerModel.load(self.folder / "listeners", self.sids.table)

    # Stage 0: language

    @cached_property
    def _base_key(self) -> str:
        config = self.config
        if config.base.pretrained is not None:
            return fingerprint(config.base, *stamps(sorted(Path(place(config.base.pretrained)).glob("*"))))
        known = (self.data_key, self._learned_from, *stamps(config.language.texts))
        return fingerprint(LANGUAGE_VERSION, config.base, config.language, config.seed, *known)

    def teach_language(self) -> None:
        scratch = self.config.base.scratch
        if scratch is not None:
            teach = partial(teach_language, self, scratch)
            together(self.folder / "stage0", self._base_key, "stage 0, language", teach, self.say)

    def base_model(self) -> tuple[PreTrainedModel, Tokenizer]:
        """What stage 2 begins with."""
        kept = quantized(self.config.lora)
        if self.config.base.pretrained is not None:
            return load_pretrained(self.config.base.pretrained, kept)
        return base.load_base(self.folder / "stage0" / "model", kept)

    @property
    def _bits(self) -> tuple[int, ...]:
        """Of a base that is kept in few of them, which makes another one of it."""
        lora = self.config.lora
        return () if lora is None or lora.bits is None else (lora.bits,)

    # Stage 2: grounding

    @cached_property
    def _grounding_key(self) -> str:
        known = (self._sids_key, self._base_key, self.config.grounding, self.config.seed)
        return fingerprint(GROUNDING_VERSION, *known, *self._bits)

    def ground(self) -> None:
        together(self.folder / "stage2", self._grounding_key, "stage 2, grounding", partial(ground, self), self.say)

    def meant(self) -> np.ndarray:
        """float32 [visible items, dim]: what they mean, see `item_meanings`."""
        return item_meanings(self.sids, self.full.catalog, self.visible, self.known.events)

    # Stage 3: instruction

    @cached_property
    def _instruction_key(self) -> str:
        config = self.config
        listener = None if config.listener is None else self._listener_key
        stage = [config.instruction, config.teacher, listener, *([config.lora] if config.lora else [])]
        return fingerprint(INSTRUCTION_VERSION, FORMAT, self._grounding_key, *stage)

    def instruct(self) -> None:
        make = partial(instruct, self)
        together(self.folder / "stage3", self._instruction_key, "stage 3, instruction", make, self.say)

    def rows(self, folder: Path) -> Rows:
        """What `write_rows` has left in a stage's folder."""
        return read_rows(folder / ROWS)

    def train(
        self,
        model: PreTrainedModel,
        vocabulary: Vocabulary,
        rows: Rows,
        stage: Stage,
        folder: Path,
        began: Path,
        kind: type[StageTrainer] | None = None,
        guard: Guard | None = None,
        **more: Any,
    ) -> None:
        """A stage's training and what it leaves in its folder. began: the stage that `model` comes from."""
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(self.folder / "stage2" / "tokenizer.json"), pad_token=CONTROL[0], eos_token=CONTROL[3]
        )
        codebooks, seed, kind = self.codebooks(vocabulary), self.config.seed, kind or trainer_of(self.config)
        train_stage(model, tokenizer, rows, stage, folder, seed, self.say, codebooks, kind, guard, **more)
        soft = detach(model)
        if not launched().first:
            return
        if soft is not None:
            soft.save(folder / SOFT_PROMPT)
        if is_adapted(model):
            save_adapters(model, vocabulary.new_rows, folder / "adapters")
            model = merged(base.load_dense(began / "model", quantized(self.config.lora)), model)
        model.save_pretrained(folder / "model")
        drop_checkpoints(folder)

    def codebooks(self, vocabulary: Vocabulary) -> Codebooks:
        """What the codes of a history are scored among: those of the items that may be learned from."""
        known = np.isin(np.arange(len(self.full.catalog)), self.visible)
        return Codebooks.of(vocabulary, SidIndex.build(self.sids.table).filtered(known))

    # Stage 4: preference

    @cached_property
    def _trained_key(self) -> str:
        stage = self.config.preference
        return self._instruction_key if stage is None else fingerprint(PREFERENCE_VERSION, self._instruction_key, stage)

    @property
    def trained(self) -> Path:
        """The folder of the last stage."""
        return self.folder / ("stage3" if self.config.preference is None else "stage4")

    def prefer(self) -> None:
        if (stage := self.config.preference) is not None:
            once(self.trained, self._trained_key, "stage 4, preference", partial(prefer, self, stage), self.say)

    # The bundle

    @property
    def bundle_folder(self) -> Path:
        return self.folder / "bundle"

    def pack(self) -> Path:
        if not self.bundle_folder.exists():
            shutil.rmtree(self.folder / "packed", ignore_errors=True)
        once(self.folder / "packed", self._packed_key, "bundle", self._pack, self.say)
        return self.bundle_folder

    @property
    def _packed_key(self) -> str:
        dtype = self.config.dtype
        return self._trained_key if dtype == "float32" else fingerprint(self._trained_key, dtype)

    @property
    def is_trained(self) -> bool:
        """Whether the run's folder holds what this configuration makes: the bundle, and the data and SIDs beside it."""
        steps = {"data": self.data_key, "sids": self._sids_key, "packed": self._packed_key}
        return all(is_done(self.folder / name, key) for name, key in steps.items()) and self.bundle_folder.exists()

    def has_rows(self, stage: str) -> bool:
        """Whether a stage's folder holds training rows of this very configuration."""
        return key_of(self.folder / stage) == self.keys[stage] and (self.folder / stage / ROWS).is_file()

    @property
    def report_key(self) -> str:
        judge = self.config.evaluation.judge
        labels = stamps([judge.labels]) if judge is not None and judge.labels is not None else []
        return fingerprint(REPORT_VERSION, self._packed_key, self.config.evaluation, *labels)

    def _pack(self, folder: Path) -> None:
        shutil.rmtree(self.folder / "report", ignore_errors=True)  # it is of the bundle before
        model = self.left_by(self.trained).to(getattr(torch, self.config.dtype))
        self.bundle(model).save(self.bundle_folder)

    def left_by(self, stage: Path, kept: BitsAndBytesConfig | None = None) -> PreTrainedModel:
        """The model that stage 3 or 4 has left, with its soft prompt. kept: in 4 bits, if so it is to be trained on."""
        model = base.load_model(stage / "model", kept)
        if self.listener_model is not None:
            attach(model, SoftPrompt.load(stage / SOFT_PROMPT))
        return model

    def bundle(self, model: PreTrainedModel) -> Bundle:
        """A model with all that it speaks of."""
        return Bundle(
            model=model,
            listener_model=self.listener_model,
            vocabulary=Vocabulary.load(self.folder / "stage2"),
            sids=self.sids,
            catalog=self.known.catalog,
            listeners=self.known.listeners,
            events=self.known.events,
            config=self.config.model_dump(mode="json"),
        )
