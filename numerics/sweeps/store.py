"""The Zarr store of a sweep, written chunk by chunk, and the record of what is finished.

The data are a Zarr group of format 3. Beside it, in ``<store>.progress``, a small file for each chunk says that the
chunk is complete, with a digest of the data of every variable; it appears by a rename once the data are written. A
process that is killed thus leaves chunks without a mark, and a chunk whose data do not have the digest of its mark
(a damaged disk, a machine that crashed) is found out: both are computed again. The group itself appears by a rename.

A grid is cut into granules, which are evaluated as one batch, and chunks, which are written as one.
Batched linear algebra may give other last bits in another batch. Results must not depend on chunks, so the granules
depend on the grid alone, and a chunk is made of whole granules. Both are runs of points in C order that are blocks as
well: whole along the last axes, cut along one, single along the first ones.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.environment import git_state, locked, now
from numerics.errors import SweepStoreError
from numerics.sweeps.grid import PARAMETERS, Block, Grid, Parameter
from numerics.sweeps.variables import Variable
from numerics.validation import Array

__all__ = [
    "Cutting",
    "Lock",
    "Store",
    "add_history",
    "create",
    "different",
    "history",
    "progress_folder",
    "stored_attributes",
]

#: Bounds on the points of a granule and on the numbers that it may hold: measured, beyond them memory costs more time.
_LARGEST_GRANULE, _GRANULE_VALUES = 512, 2**20
#: Chunks that a grid is cut into unless their size is given, up to a largest size: a chunk costs some 40 ms to write.
_CHUNKS, _LARGEST_CHUNK = 64, 2**17


@dataclass(frozen=True)
class Cutting:
    """The granules and chunks of a grid.

    Attributes
    ----------
    shape : tuple of int
        Of the grid.
    granule, chunk : tuple of int
        Largest extent of each along every axis; edges may be smaller.
    """

    shape: tuple[int, ...]
    granule: tuple[int, ...]
    chunk: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], values: int, chunk: int | None = None) -> Cutting:
        """Cut a grid whose points need `values` numbers each, into chunks of about `chunk` points."""
        granule = _grown(shape, (1,) * len(shape), min(_LARGEST_GRANULE, _GRANULE_VALUES // values))
        wanted = min(_LARGEST_CHUNK, math.prod(shape) // _CHUNKS) if chunk is None else chunk
        return cls(shape, granule, _grown(shape, granule, max(wanted, math.prod(granule))))

    @property
    def _counts(self) -> tuple[int, ...]:
        return tuple(-(-size // step) for size, step in zip(self.shape, self.chunk, strict=True))

    @property
    def count(self) -> int:
        """Number of chunks."""
        return math.prod(self._counts)

    def index(self, number: int) -> tuple[int, ...]:
        """Return the place of a chunk among the chunks, along every axis."""
        place = []
        for count in reversed(self._counts):
            number, rest = divmod(number, count)
            place.append(rest)
        return tuple(reversed(place))

    def block(self, number: int) -> Block:
        """Return the block of a chunk."""
        starts = (i * step for i, step in zip(self.index(number), self.chunk, strict=True))
        return tuple(
            slice(a, min(a + step, size)) for a, step, size in zip(starts, self.chunk, self.shape, strict=True)
        )

    def granules(self, shape: tuple[int, ...]) -> Iterator[Block]:
        """Yield the granules of a chunk of the given shape, as blocks of the chunk."""
        inner = Cutting(shape, self.granule, self.granule)
        return (inner.block(number) for number in range(inner.count))


def _grown(shape: tuple[int, ...], unit: tuple[int, ...], points: int) -> tuple[int, ...]:
    """Return the extent of a run of at most `points` points that consists of whole units, and of one at least."""
    extent, room = list(unit), points
    for axis in reversed(range(len(shape))):
        size, step = shape[axis], unit[axis]
        extent[axis] = size if room >= size else max(step, room // step * step)
        if extent[axis] < size:
            break
        room //= size
    return tuple(extent)


def progress_folder(path: Path) -> Path:
    """Return the folder of the marks that belong to a store."""
    return path.with_name(path.name + ".progress")


def create(
    path: Path, grid: Grid, cutting: Cutting, variables: Mapping[str, Variable], attributes: Mapping[str, Any]
) -> None:
    """Make an empty store, complete with coordinates and attributes; earlier marks are removed."""
    import zarr

    shutil.rmtree(progress_folder(path) / "done", ignore_errors=True)
    making = path.with_name(path.name + ".new")
    shutil.rmtree(making, ignore_errors=True)
    group = zarr.create_group(str(making), zarr_format=3, attributes=dict(attributes))
    for label, values in grid.axes.items():
        meaning = PARAMETERS.get(label, Parameter(label))
        array = group.create_array(
            label,
            shape=values.shape,
            dtype=values.dtype.str,
            chunks=values.shape,
            dimension_names=[label],
            attributes={"long_name": meaning.long_name, "units": meaning.units},
        )
        array[...] = values
    for name, variable in variables.items():
        group.create_array(
            name,
            shape=grid.shape + variable.shape,
            dtype=variable.dtype,
            chunks=cutting.chunk + variable.shape,
            chunk_key_encoding={"name": "default", "separator": "/"},
            fill_value=variable.missing,
            dimension_names=[*grid.axes, *(f"{name}_axis{i}" for i in range(len(variable.shape)))],
            attributes=variable.attributes(),
        )
    making.rename(path)


def stored_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a store.

    Raises
    ------
    SweepStoreError
        When it is no store of a sweep.
    """
    import zarr

    try:
        found = dict(zarr.open_group(str(path), mode="r").attrs)
    except (OSError, ValueError, KeyError) as error:
        raise SweepStoreError(f"{path} is no Zarr group ({error}); remove it, or write elsewhere") from None
    if "config" not in found or "chunk" not in found:
        raise SweepStoreError(f"{path} was not written by a sweep; write elsewhere")
    return found


def add_history(path: Path, what: str) -> None:
    """Write down that a sweep was begun or resumed: when, and from which source."""
    state = git_state()
    source = f" at commit {state['commit'][:12]}{' with changes' if state['dirty'] else ''}" if state else ""
    with (progress_folder(path) / "history").open("a", encoding="utf-8") as file:
        file.write(f"{now()} {what}{source}\n")


def history(path: Path) -> str:
    """Return what :func:`add_history` wrote; empty for a store that was moved without its marks."""
    try:
        return (progress_folder(path) / "history").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def different(found: Any, wanted: Any, where: str = "") -> str:
    """Return the first place at which two plain values differ, and both values there; empty if they agree."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted(found.keys() | wanted.keys()):
            if text := different(found.get(key), wanted.get(key), f"{where}.{key}".lstrip(".")):
                return text
        return ""
    if found == wanted:
        return ""
    old, new = (json.dumps(value) for value in (found, wanted))
    return f"{where} = {old if len(old) < 80 else old[:77] + '...'}, not {new if len(new) < 80 else new[:77] + '...'}"


@dataclass(frozen=True)
class Store:
    """A store that exists; cheap to send to workers.

    Attributes
    ----------
    path : Path
    cutting : Cutting
    """

    path: Path
    cutting: Cutting

    def _mark(self, number: int) -> Path:
        return progress_folder(self.path) / "done" / f"{number // 1000:06d}" / f"{number % 1000:03d}.json"

    def arrays(self, names: Iterable[str]) -> dict[str, Any]:
        """Open the Zarr arrays of variables."""
        import zarr

        group = zarr.open_group(str(self.path), mode="r+")
        return {name: group[name] for name in names}

    def finished(self, number: int, arrays: Mapping[str, Any]) -> bool:
        """Whether a chunk is marked complete and its data, in the open arrays, are what the mark says."""
        try:
            digests = json.loads(self._mark(number).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if not isinstance(digests, dict) or digests.keys() != arrays.keys():
            return False
        block = self.cutting.block(number)
        try:
            return all(_digest(array[block]) == digests[name] for name, array in arrays.items())
        except Exception:  # whatever a decoder makes of damaged bytes
            return False

    def discard(self, number: int, variables: Mapping[str, Variable]) -> None:
        """Remove the mark of a chunk, and what there is of its data: damaged bytes could not be read to be changed."""
        self._mark(number).unlink(missing_ok=True)
        place = self.cutting.index(number)
        for name, variable in variables.items():
            parts = map(str, place + (0,) * len(variable.shape))
            self.path.joinpath(name, "c", *parts).unlink(missing_ok=True)

    def write(self, number: int, data: Mapping[str, Array]) -> None:
        """Write the data of a chunk, then its mark."""
        block: Block = self.cutting.block(number)
        digests = {}
        for name, array in self.arrays(data).items():
            array[block] = data[name]
            digests[name] = _digest(data[name])
        mark = self._mark(number)
        mark.parent.mkdir(parents=True, exist_ok=True)
        written = mark.with_suffix(f".{uuid.uuid4().hex}")
        written.write_text(json.dumps(digests), encoding="utf-8")
        written.replace(mark)


def _digest(values: Any) -> str:
    return hashlib.blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).hexdigest()


class Lock:
    """Held by the process that writes a store.

    Raises
    ------
    SweepStoreError
        When another process holds it, or the place cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        folder = progress_folder(path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SweepStoreError(f"store: cannot write to {folder} ({error.strerror}); choose another place") from None
        if not locked(self._file):
            os.close(self._file)
            raise SweepStoreError(f"store: another process is writing {path}; wait until it has ended")

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
