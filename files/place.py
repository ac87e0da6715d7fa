"""Where the settings say that the store is."""

from common.settings import Settings
from files.store import Place


def place_of(settings: Settings) -> Place:
    """The folder among the data, or the bucket that is named."""
    return Place(
        settings.data_dir / "files",
        settings.files_url,
        settings.files_endpoint,
        settings.files_region,
        settings.files_key_id,
        settings.files_secret,
    )
