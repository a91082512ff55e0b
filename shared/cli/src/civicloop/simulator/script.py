"""What simulated departments shall do with which tasks: data, from a YAML file.

A script has rules, of which the first that fits a task decides, and departments that are down for
a while. See `civicloop simulate department --help`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from civicloop_contracts.codes import (
    ProgressCode,
    ResultCode,
    ReturnGround,
    SuspensionKind,
    TaskRole,
)
from civicloop_contracts.fact import DepartmentCode, MatterCode
from civicloop_local.errors import StackError

Seconds = Annotated[float, Field(ge=0, le=86_400)]
_SAYS: Final = (
    "acknowledge",
    "progress",
    "complete",
    "return_",
    "request_extension",
    "request_suspension",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that a department says, ``after_s`` seconds after its task came.

    ``review_in_s``: how long after that a suspension shall be looked at again.
    """

    after_s: float
    kind: str
    details: Mapping[str, str] = field(default_factory=dict)
    review_in_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is done with the tasks that fit: None fits all. No steps: nothing is ever said."""

    steps: tuple[Move, ...]
    department: str | None = None
    matter: str | None = None
    role: str | None = None
    attempt: int | None = None

    def fits(self, department: str, matter: str, role: str, attempt: int) -> bool:
        """Tell whether a task is one of these."""
        asked = (self.department, self.matter, self.role, self.attempt)
        is_so = (department, matter, role, attempt)
        return all(ask in (None, so) for ask, so in zip(asked, is_so, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Rules, and for how many seconds from its first delivery on each department is down."""

    rules: tuple[Rule, ...] = ()
    down: Mapping[str, float] = field(default_factory=dict)

    def rule_for(self, department: str, matter: str, role: str, attempt: int) -> Rule | None:
        """Return the first rule that fits, or None where departments do as they like."""
        return next((r for r in self.rules if r.fits(department, matter, role, attempt)), None)


# Departments do as they like, and are never down.
NO_SCRIPT: Final = Script()


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Step(_Model):
    after_s: Seconds
    acknowledge: Literal[True] | None = None
    progress: ProgressCode | None = None
    complete: ResultCode | None = None
    return_: Annotated[ReturnGround | None, Field(alias="return")] = None
    request_extension: Literal[True] | None = None
    request_suspension: SuspensionKind | None = None
    review_in_s: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [name for name in _SAYS if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError("say one thing per step")
        if (self.review_in_s is not None) != (said == ["request_suspension"]):
            raise ValueError("review_in_s goes with request_suspension")
        return self

    def move(self) -> Move:
        kind = next(name for name in _SAYS if getattr(self, name) is not None)
        field_of = {
            "progress": "progress",
            "complete": "result",
            "return_": "ground",
            "request_suspension": "suspension",
        }
        details = {field_of[kind]: getattr(self, kind).value} if kind in field_of else {}
        return Move(
            after_s=self.after_s,
            kind=kind.rstrip("_"),
            details=details,
            review_in_s=self.review_in_s,
        )


class _Rule(_Model):
    department: DepartmentCode | None = None
    matter: MatterCode | None = None
    role: TaskRole | None = None
    attempt: Annotated[int, Field(ge=1)] | None = None
    steps: tuple[_Step, ...]

    def rule(self) -> Rule:
        return Rule(
            steps=tuple(step.move() for step in self.steps),
            department=self.department,
            matter=self.matter,
            role=self.role.value if self.role else None,
            attempt=self.attempt,
        )


class _Document(_Model):
    rules: tuple[_Rule, ...] = ()
    down: dict[DepartmentCode, Seconds] = Field(default_factory=dict)


def read_script(path: Path) -> Script:
    """Return the script in a file.

    Raises:
        StackError: There is none, or it is wrong; the line names the first fault.
    """
    try:
        document = _Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except yaml.YAMLError as error:
        raise StackError(
            f"{path} is no YAML: see `civicloop simulate department --help`"
        ) from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise StackError(f"{path}: {where}: {fault['msg']}") from error
    return Script(rules=tuple(rule.rule() for rule in document.rules), down=document.down)
