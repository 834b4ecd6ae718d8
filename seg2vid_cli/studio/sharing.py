"""What the parts of the server share."""

from dataclasses import dataclass

from seg2vid_cli.studio.catalogue import Catalogue
from seg2vid_cli.studio.clips import Defaults, Sessions, Wanted, wanted
from seg2vid_cli.studio.files import KeptFiles
from seg2vid_cli.studio.settings import Settings
from seg2vid_cli.studio.worker import Worker


@dataclass(frozen=True)
class GivenMap:
    """The label map of the command line."""

    name: str
    data: bytes
    label_format: str
    """What it was read as."""


@dataclass(frozen=True)
class Studio:
    """One running studio."""

    catalogue: Catalogue
    defaults: Defaults
    sessions: Sessions
    """For the worker's thread alone."""
    worker: Worker
    files: KeptFiles
    given: GivenMap | None = None

    def wanted(self, settings: Settings) -> Wanted:
        """Return what settings mean.  Raises Seg2VidError."""
        return wanted(settings, self.catalogue, self.defaults)
