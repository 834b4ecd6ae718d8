"""One array of a whole clip in a .npz file, written frame by frame."""

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier time, and the same frames are to give the same bytes


class ArrayFileWriter:
    """Writes arrays of one shape and dtype as one, so that memory does not grow with the clip's length.

    Integers are compressed, as they are few and alike; numbers with a point would only take time.
    """

    def __init__(self, path: Path, name: str, count: int) -> None:
        """Write nothing yet.

        Args:
            path: of the file.
            name: of the array in it: `numpy.load(path)[name]`.
            count: how many arrays there will be, the length of its first axis.
        """
        self._path, self._name, self._count = path, name, count
        self._archive: zipfile.ZipFile | None = None
        self._member: IO[bytes] | None = None

    def write(self, array: NDArray[Any]) -> None:
        """Add the next one.  Raises OSError."""
        if self._member is None:
            self._member = self._opened(array)
        self._member.write(np.ascontiguousarray(array).data)

    def close(self) -> None:
        """Finish the file.  Raises OSError."""
        if self._member is not None:
            self._member.close()
        if self._archive is not None:
            self._archive.close()
        self._archive = self._member = None

    def abort(self) -> None:
        """Close what is open; harmless twice and after `close`."""
        self.close()

    def _opened(self, first: NDArray[Any]) -> IO[bytes]:
        kind = zipfile.ZIP_DEFLATED if np.issubdtype(first.dtype, np.integer) else zipfile.ZIP_STORED
        self._archive = zipfile.ZipFile(self._path, "w")
        entry = zipfile.ZipInfo(f"{self._name}.npy", _EARLIEST)
        entry.compress_type = kind
        member = self._archive.open(entry, "w", force_zip64=True)
        shape = (self._count, *first.shape)
        header = {"descr": npy.dtype_to_descr(first.dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(member, header)
        return member
