"""Which fact moves which room, as data: access rules, subscriptions and handlers are held to it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from civicloop_contracts.codes import Service
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import FACTS

LATER: Final = "later"
ANY_WRITER: Final = "any"


@cache
def effects() -> Mapping[type[Fact], Mapping[Service, str]]:
    """Return, per fact, the rooms that it moves and a word for what it does there."""
    by_name = {fact.__name__: fact for fact in FACTS}
    return {
        by_name[name]: {Service(room): word for room, word in row.effects.items()}
        for name, row in _table().items()
    }


def handled_by(service: Service) -> frozenset[type[Fact]]:
    """Return the facts that a room has to have a handler for."""
    return frozenset(
        fact for fact, rooms in effects().items() if rooms.get(service, LATER) != LATER
    )


def writers() -> Mapping[type[Fact], str]:
    """Return, per fact, the service that writes it, or `any`."""
    by_name = {fact.__name__: fact for fact in FACTS}
    return {by_name[name]: row.writer for name, row in _table().items()}


class _Row(BaseModel):
    """One line of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    writer: str
    effects: dict[str, str]


@cache
def _table() -> Mapping[str, _Row]:
    text = (files(__package__) / "choreography.yaml").read_text()
    return {name: _Row.model_validate(row) for name, row in yaml.safe_load(text).items()}
