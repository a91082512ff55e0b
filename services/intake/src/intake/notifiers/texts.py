"""What reporters are told, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from intake.domain.notices import TextKey
from intake.ports import Language

if TYPE_CHECKING:
    from uuid import UUID

TEXTS: Final = {
    (TextKey.CLOSED_SOLVED, Language.ENGLISH): (
        "Your report has been dealt with and the case is closed. "
        "If the problem is still there, tell us within 15 days. Case {case_id}."
    ),
    (TextKey.CLOSED_SOLVED, Language.CHINESE): (
        "您反映的问题已处置，案件已结案。如问题仍未解决，请在15日内告知我们。案件编号：{case_id}。"
    ),
    (TextKey.CLOSED_WITHDRAWN, Language.ENGLISH): (
        "The case was closed because the report was withdrawn. Case {case_id}."
    ),
    (TextKey.CLOSED_WITHDRAWN, Language.CHINESE): (
        "因上报已撤回，案件已结案。案件编号：{case_id}。"
    ),
    (TextKey.REJECTED_OUTSIDE_JURISDICTION, Language.ENGLISH): (
        "We could not open a case: the place is outside the area that we answer for. "
        "Reference {case_id}."
    ),
    (TextKey.REJECTED_OUTSIDE_JURISDICTION, Language.CHINESE): (
        "未予立案：所反映的地点不在本平台管辖范围内。编号：{case_id}。"
    ),
    (TextKey.REJECTED_UNKNOWN_MATTER, Language.ENGLISH): (
        "We could not open a case: this kind of matter is not handled here. Reference {case_id}."
    ),
    (TextKey.REJECTED_UNKNOWN_MATTER, Language.CHINESE): (
        "未予立案：所反映的事项不属于本平台受理范围。编号：{case_id}。"
    ),
    (TextKey.WITHDRAWAL_REFUSED, Language.ENGLISH): (
        "The problem had been dealt with before your withdrawal reached us, so your report still "
        "counts and you will hear how the case ends. Case {case_id}."
    ),
    (TextKey.WITHDRAWAL_REFUSED, Language.CHINESE): (
        "您申请撤回前，所反映的问题已处置完毕，撤回未能办理，您的上报仍然有效，结案后将告知您。"
        "案件编号：{case_id}。"
    ),
    (TextKey.MERGE_REFUSED, Language.ENGLISH): (
        "Your report was to be handled together with another case. It had been dealt with before, "
        "so it stays a case of its own and you will hear how it ends. Case {case_id}."
    ),
    (TextKey.MERGE_REFUSED, Language.CHINESE): (
        "您的上报拟与其他案件合并办理，但所反映的问题此前已处置完毕，故仍单独办理，结案后将告知您。"
        "案件编号：{case_id}。"
    ),
}


def render(text: TextKey, language: Language, case_id: UUID) -> str:
    """Return the words of a notice."""
    return TEXTS[text, language].format(case_id=case_id)
