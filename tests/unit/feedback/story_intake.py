"""The facts of intake about one case."""

from typing import Any
from uuid import uuid5

from tests.unit.feedback.telling import Teller

from civicloop_contracts import codes
from civicloop_contracts.facts import intake, parts


class IntakeStory(Teller):
    """Makes the facts of intake."""

    def filed(self, hours: float = 0, **fields: Any) -> intake.CaseFiled:
        """Return a filing; ``clock`` and ``lead`` are those of a source system."""
        given = {
            "report_id": uuid5(self.case_id, "report"),
            "channel": codes.Channel.HOTLINE,
            "matter": parts.Matter(
                standard_ref="gbt-47678.5-2026", kind=codes.MatterKind.COMPONENT, code="01001"
            ),
            "place": parts.Place(
                division="410105004",
                precision=codes.Precision.EXACT,
                latitude=34.77,
                longitude=113.68,
            ),
        }
        return self.make(intake.CaseFiled, hours, **{**given, **fields})

    def rejected(self, hours: float = 0) -> intake.CaseRejected:
        """Return a rejection."""
        return self.make(
            intake.CaseRejected,
            hours,
            report_id=uuid5(self.case_id, "report"),
            channel=codes.Channel.SNAP,
            reason=codes.RejectReason.UNKNOWN_MATTER,
        )

    def attached(self, hours: float = 1) -> intake.ReportAttached:
        """Return one more report."""
        return self.make(
            intake.ReportAttached,
            hours,
            report_id=uuid5(self.case_id, "other"),
            channel=codes.Channel.SNAP,
        )

    def withdrawn(self, hours: float = 2) -> intake.ReportWithdrawn:
        """Return a report that left."""
        return self.make(
            intake.ReportWithdrawn,
            hours,
            report_id=uuid5(self.case_id, "other"),
            reason=codes.WithdrawReason.BY_REPORTER,
        )
