"""The data that decisions rest on, one version each."""

from dataclasses import dataclass

from router.domain.calendar import ServiceCalendar
from router.domain.catalog import Catalog
from router.domain.duties import Duties
from router.domain.territory import Territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Catalog, duties, territory and service calendar."""

    catalog: Catalog
    duties: Duties
    territory: Territory
    calendar: ServiceCalendar
