"""Load the duties of departments from a versioned data file."""

from itertools import product
from pathlib import Path

from router.data_files import DataFileError, convert_row, name_of, read_yaml
from router.data_rows import DepartmentRow, DutiesHead, DutyRow
from router.domain.codes import Gate
from router.domain.duties import Assist, Department, Duties, Duty, order_duties
from router.domain.parts import MatterKind
from router.domain.territory import Tier, is_territorial, tier_of_territorial


def load_duties(path: Path) -> Duties:
    """Return the duties in *path*.

    Raises:
        DataFileError: The file is missing or wrong, names an unknown department, says the same
            twice, or names help that would never begin.
    """
    head = convert_row(read_yaml(path), DutiesHead, path, "the file")
    departments = _read_departments(head, path)
    duties: dict[tuple[object, ...], Duty] = {}
    for number, raw in enumerate(head.duties, start=1):
        entry = f"duty number {number}"
        row = convert_row(raw, DutyRow, path, entry)
        _check_owners(row, departments, path, entry)
        _check_gates(row, path, entry)
        for duty in _expand(row, departments):
            covers = (duty.standard_ref, duty.kind, duty.class_code, duty.code)
            if (*covers, duty.territory, duty.tier) in duties:
                raise DataFileError(path, entry, f"says again who leads {duty.code or covers}")
            duties[*covers, duty.territory, duty.tier] = duty
    return Duties(
        version=head.version,
        departments=departments,
        by_standard=order_duties(duties.values()),
    )


def _read_departments(head: DutiesHead, path: Path) -> dict[str, Department]:
    departments: dict[str, Department] = {}
    for number, raw in enumerate(head.departments, start=1):
        entry = name_of(raw, number)
        row = convert_row(raw, DepartmentRow, path, entry)
        if row.code in departments:
            raise DataFileError(path, entry, "listed twice")
        departments[row.code] = Department(
            code=row.code, name_zh=row.name_zh, name_en=row.name_en, tier=row.tier
        )
    return departments


def _check_owners(row: DutyRow, departments: dict[str, Department], path: Path, entry: str) -> None:
    for owner in (row.lead, *(assist.department for assist in row.assists)):
        if not is_territorial(owner) and owner not in departments:
            raise DataFileError(path, entry, f"no such department: {owner}")


def _check_gates(row: DutyRow, path: Path, entry: str) -> None:
    """Refuse help that the case would not wait for and that begins when the case may be over."""
    for assist in row.assists:
        if assist.after is Gate.LEAD_COMPLETED and not assist.required:
            problem = f"{assist.department} would never begin: after lead_completed it is required"
            raise DataFileError(path, entry, problem)


def _expand(row: DutyRow, departments: dict[str, Department]) -> list[Duty]:
    """Return one duty per kind and code that *row* stands for."""
    kinds = (row.kind,) if row.kind else tuple(MatterKind)
    assists = tuple(
        Assist(owner=a.department, required=a.required, after=a.after) for a in row.assists
    )
    return [
        Duty(
            standard_ref=row.standard_ref,
            kind=kind,
            class_code=row.class_code,
            code=code,
            territory=row.territory,
            lead=row.lead,
            tier=_tier_of(row.lead, departments),
            assists=assists,
        )
        for kind, code in product(kinds, row.codes or (None,))
    ]


def _tier_of(owner: str, departments: dict[str, Department]) -> Tier:
    return tier_of_territorial(owner) if is_territorial(owner) else departments[owner].tier
