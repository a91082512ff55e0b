"""Between the domain and the contracts, and between a delivery and its job. Pure."""

from department_adapter.wire.deliveries import (
    CANCELLED_TYPE,
    DISPATCHED_TYPE,
    REPLAY_QUEUE,
    cancellation_job,
    dispatch_job,
    payload_of,
    task_entry,
    to_delivery,
    to_queue_task,
)
from department_adapter.wire.facts import to_contract
from department_adapter.wire.leases import LEASE_PATTERN, LeaseId, read_lease
from department_adapter.wire.notices import (
    Clock,
    Noticed,
    deadline_of,
    decided_of,
    kind_of,
    notice_job,
    tasks_of,
)

__all__ = [
    "CANCELLED_TYPE",
    "DISPATCHED_TYPE",
    "LEASE_PATTERN",
    "REPLAY_QUEUE",
    "Clock",
    "LeaseId",
    "Noticed",
    "cancellation_job",
    "deadline_of",
    "decided_of",
    "dispatch_job",
    "kind_of",
    "notice_job",
    "payload_of",
    "read_lease",
    "task_entry",
    "tasks_of",
    "to_contract",
    "to_delivery",
    "to_queue_task",
]
