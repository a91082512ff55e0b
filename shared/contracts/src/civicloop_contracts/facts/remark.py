"""`Remarked`: read, understood, and rightly without effect. Each service has its own source."""

from typing import ClassVar
from uuid import UUID

from civicloop_contracts.codes import RemarkCode, Service
from civicloop_contracts.fact import Fact


class Remarked(Fact):
    """Something was read and rightly changed nothing; ``writer`` tells whose topic it is in."""

    source: ClassVar[str] = ""

    writer: Service
    code: RemarkCode
    task_id: UUID | None = None
