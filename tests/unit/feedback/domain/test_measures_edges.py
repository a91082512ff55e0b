"""The read model at the edges: what is not known yet."""

from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story


def test_before_the_dispatch_nothing_is_provisional(bench: Bench, story: Story) -> None:
    """No limit was set, by nobody's calendar and nobody's clock."""
    bench.tell(story.filed())
    row = bench.case_row()
    assert (row.provisional, row.source_clock) == (False, False)
    assert (row.due_at, row.response_due_at, row.verify_by) == (None, None, None)


def test_before_the_filing_no_clock_is_known(bench: Bench, story: Story) -> None:
    """The router may be read first."""
    bench.tell(story.dispatched())
    row = bench.case_row()
    assert (row.source_clock, row.filed_at, row.channel) == (False, None, None)
    assert (row.reworks, row.reopenings, row.disputes, row.remarks) == (0, 0, 0, 0)


def test_an_assisting_task_leads_nothing(bench: Bench, story: Story) -> None:
    """Read before that of the lead, its department is nobody's lead and its clock nobody's."""
    bench.tell(story.filed(), story.assisting())
    row = bench.case_row()
    assert (row.lead, row.due_at, row.response_due_at) == (None, None, None)


def test_every_remark_counts(bench: Bench, story: Story) -> None:
    """Also the second and the third; disputes and parked deliveries alike."""
    for count in (1, 2, 3):
        bench.tell(story.remarked(), story.disputed(), story.parked(count / 10))
        row = bench.case_row()
        assert (row.remarks, row.disputes, bench.task_row().parked) == (count, count, count)
