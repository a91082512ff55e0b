"""The status and code of each thing that this room refuses."""

from typing import Final

from civicloop_kit.http import Refusals
from department_adapter.domain.errors import (
    ImpossiblePauseError,
    ImpossibleTimeError,
    NoSuchTaskError,
    NotParkedError,
    RequestPendingError,
    ReturnWindowClosedError,
    TaskClosedError,
)
from department_adapter.entrypoints.departments import (
    DisabledError,
    NoSuchDepartmentError,
    NoWebhookError,
    ReservedCodeError,
)
from department_adapter.entrypoints.gate import RevokedTokenError
from department_adapter.entrypoints.leases import (
    LeaseExpiredError,
    NoPullError,
    NoSuchLeaseError,
)
from department_adapter.ports import ForbiddenAddressError, UnknownHostError

REFUSALS: Final[Refusals] = {
    NoSuchTaskError: (404, "no_such_task"),
    TaskClosedError: (409, "task_closed"),
    ReturnWindowClosedError: (409, "return_window_closed"),
    RequestPendingError: (409, "request_pending"),
    NotParkedError: (409, "not_parked"),
    ImpossibleTimeError: (422, "impossible_time"),
    ImpossiblePauseError: (422, "impossible_pause"),
    RevokedTokenError: (401, "unauthorized"),
    NoSuchDepartmentError: (404, "no_such_department"),
    NoWebhookError: (409, "no_webhook"),
    DisabledError: (409, "disabled"),
    NoPullError: (409, "no_pull"),
    NoSuchLeaseError: (404, "no_such_lease"),
    LeaseExpiredError: (409, "lease_expired"),
    ReservedCodeError: (422, "reserved_code"),
    ForbiddenAddressError: (422, "forbidden_address"),
    UnknownHostError: (422, "unknown_host"),
}
