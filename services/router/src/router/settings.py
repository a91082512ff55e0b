"""What may be set for the router: environment variables with the prefix CIVICLOOP_."""

from pathlib import Path

from civicloop_kit.settings import ServiceSettings
from router.catalog_files import DATA_FOLDER


class RouterSettings(ServiceSettings):
    """The kit's settings, and where the versioned rules are: the newest version of each counts."""

    rules_dir: Path = DATA_FOLDER
