"""The transcript of chat agents: a JSONL file that is complete at every moment and from which a run goes on.

One line is one record, and it counts once its newline is on the disk (every line is flushed and synced before the
program goes on). A request is written *before* it is sent (``sent``), its outcome as soon as it is known
(``received``). A process that is killed therefore leaves

- possibly a torn last line, which holds nothing that anything was based on: it is dropped;
- at most one ``sent`` line without outcome. Whether the server answered it cannot be known. It is sent again, with the
  same idempotency key, marked ``resent`` and counted.

What is guaranteed: no request whose outcome was recorded is sent again, and none is sent that was not recorded. A
server that honours the ``Idempotency-Key`` header answers the repeated one from its memory, and then every request is
computed once, wherever the process was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numerics.environment import locked
from numerics.errors import TranscriptError

__all__ = ["FORMAT", "Place", "Record", "Transcript", "digest"]

Record = dict[str, Any]
FORMAT = 1


@dataclass(frozen=True)
class Place:
    """Where in an experiment a move belongs.

    Attributes
    ----------
    phase : str
        ``"probe"`` (an agent alone), ``"pair"`` or ``"run"`` (an agent used by itself).
    condition, repeat, turn : int
        Counted from 0.
    agent : str
        Name of the agent, of letters, digits, ``-`` and ``_``.
    """

    phase: str
    condition: int
    repeat: int
    turn: int
    agent: str

    def __str__(self) -> str:
        return f"{self.phase}-c{self.condition}-r{self.repeat}-t{self.turn}-{self.agent}"


def digest(data: object) -> str:
    """Return a fingerprint of plain data, the same in every process."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Transcript:
    """An append-only transcript, open for one process.

    Parameters
    ----------
    path : str or Path
        The file; created, with its first line, when it does not exist.
    settings : mapping
        Plain data that determine the requests. A file that was begun with other settings is refused.
    run_id : str, optional
        Identifies the run in idempotency keys; random by default. A file that exists keeps its own.

    Attributes
    ----------
    run_id : str
    dropped : int
        Bytes of a torn last line that were removed on opening.
    unanswered : int
        Requests found on opening that had been sent and whose outcome was not recorded.

    Raises
    ------
    TranscriptError
        A damaged file, other settings, another format, a file that another process has open, or one that cannot be
        written.
    """

    def __init__(self, path: str | Path, settings: Mapping[str, Any], *, run_id: str | None = None) -> None:
        self.path = Path(path)
        wanted = json.loads(json.dumps(settings))
        self._received: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
        self._open: dict[str, Record] = {}
        self._notes: dict[str, Any] = {}
        self._abandoned: list[Record] = []
        self.dropped = 0
        self.unanswered = 0
        new = not self.path.exists()
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise TranscriptError(f"{self.path}: cannot be opened for writing ({error.strerror})") from None
        try:
            if not locked(self._file):
                raise TranscriptError(f"{self.path}: another process is writing it; wait until that has ended")
            if new:
                _sync_folder(self.path.parent)
            records = self._read()
            if records:
                self.run_id = self._check_header(records[0], wanted)
                self._load(records[1:])
            else:
                self.run_id = secrets.token_hex(6) if run_id is None else run_id
                self._append({"kind": "header", "format": FORMAT, "run_id": self.run_id, "settings": wanted})
        except BaseException:
            os.close(self._file)
            self._file = -1
            raise

    def __enter__(self) -> Transcript:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; it stays as it is."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read(self) -> list[Record]:
        data = self.path.read_bytes()
        complete = data.rfind(b"\n") + 1
        if complete < len(data):
            self.dropped = len(data) - complete
            os.ftruncate(self._file, complete)
            os.fsync(self._file)
        records = []
        for number, line in enumerate(data[:complete].split(b"\n")[:-1], 1):
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict) or "kind" not in record:
                raise TranscriptError(
                    f"{self.path}, line {number}: is not a record of a transcript; restore the file, or start a new one"
                )
            records.append(record)
        return records

    def _check_header(self, header: Record, wanted: Record) -> str:
        if header["kind"] != "header" or header.get("format") != FORMAT:
            raise TranscriptError(f"{self.path}: does not begin as a transcript of format {FORMAT}; start a new one")
        found: Record = header["settings"]
        for name in sorted(found.keys() | wanted.keys()):
            if found.get(name) != wanted.get(name):
                raise TranscriptError(
                    f"{self.path}: was begun with {name} = {_short(found.get(name))}, not {_short(wanted.get(name))}; "
                    f"go on with the same settings, or start a new transcript"
                )
        return str(header["run_id"])

    def _load(self, records: Iterable[Record]) -> None:
        for record in records:
            match record["kind"]:
                case "sent":
                    if record["key"] in self._open:
                        self._abandoned.append(self._open[record["key"]])
                    self._open[record["key"]] = record
                case "received":
                    self._open.pop(record["key"], None)
                    self._received[record["place"], record["attempt"]].append(record)
                case "note":
                    self._notes[record["name"]] = record["data"]
        self.unanswered = len(self._open)

    def _append(self, record: Record) -> None:
        if self._file < 0:
            raise TranscriptError(f"{self.path}: the transcript is closed")
        line = memoryview(json.dumps(record, allow_nan=False).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        except OSError as error:
            self.close()  # a torn line must stay the last one
            raise TranscriptError(f"{self.path}: cannot be written ({error.strerror}); free space and go on") from None

    def received(self, place: Place, attempt: int) -> list[Record]:
        """Return the recorded outcomes that belong to one attempt at a move, oldest first."""
        return list(self._received.get((str(place), attempt), ()))

    def record_sent(self, place: Place, attempt: int, key: str, request: Record, **more: Any) -> None:
        """Write that a request is about to be sent; `key` is its idempotency key."""
        record = {"kind": "sent", "place": str(place), "attempt": attempt, "key": key, **more}
        if key in self._open:
            self._abandoned.append(self._open[key])
            record["resent"] = True
        self._append({**record, "request": request})
        self._open[key] = record

    def record_received(self, place: Place, attempt: int, key: str, request: Record, **outcome: Any) -> Record:
        """Write the outcome of a request, and return the record."""
        record = {
            "kind": "received",
            "place": str(place),
            "coordinates": asdict(place),
            "attempt": attempt,
            "key": key,
            "request_digest": digest(request),
            **outcome,
        }
        self._append(record)
        self._open.pop(key, None)
        self._received[str(place), attempt].append(record)
        return record

    def note(self, name: str, data: Any) -> Any:
        """Write plain data under a name, once: when the name is taken, return what was written first."""
        if name not in self._notes:
            plain = json.loads(json.dumps(data, allow_nan=False))
            self._append({"kind": "note", "name": name, "data": plain})
            self._notes[name] = plain
        return self._notes[name]

    def outcomes(self) -> list[Record]:
        """Return all recorded outcomes."""
        return [record for records in self._received.values() for record in records]

    def without_outcome(self) -> list[Record]:
        """Return the ``sent`` records whose outcome was never recorded, those that were sent again included."""
        return [*self._abandoned, *self._open.values()]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _sync_folder(folder: Path) -> None:
    """Make the new name of a file survive a crash of the machine."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # not possible on this platform
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
