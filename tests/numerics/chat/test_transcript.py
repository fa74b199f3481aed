"""The transcript file: complete at every moment, refused when it is not what it should be."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from numerics import TranscriptError
from numerics.chat.transcript import Place, Transcript, digest

PLACE = Place("pair", 1, 0, 3, "W")
SETTINGS = {"angles": [0.0, 90.0], "seed": 1}


def begun(path: Path, **more: object) -> Transcript:
    return Transcript(path, SETTINGS, **more)  # type: ignore[arg-type]


def exchange(transcript: Transcript, key: str, **outcome: object) -> None:
    transcript.record_sent(PLACE, 1, key, {"model": "m", "key": key})
    transcript.record_received(PLACE, 1, key, {"model": "m", "key": key}, outcome="answer", **outcome)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with begun(path) as transcript:
        run_id = transcript.run_id
        exchange(transcript, "a", weights=[0.1, 1 / 3])
        transcript.record_sent(PLACE, 2, "b", {})
        assert transcript.note("predictions", [1.5]) == [1.5]
        before = transcript.received(PLACE, 1)
    with begun(path) as transcript:
        assert transcript.run_id == run_id
        assert transcript.received(PLACE, 1) == before == transcript.outcomes()
        assert before[0]["weights"] == [0.1, 1 / 3]
        assert before[0]["coordinates"] == {"phase": "pair", "condition": 1, "repeat": 0, "turn": 3, "agent": "W"}
        assert (transcript.unanswered, transcript.dropped) == (1, 0)
        assert [record["key"] for record in transcript.without_outcome()] == ["b"]
        assert transcript.received(PLACE, 2) == []
        assert transcript.note("predictions", [99.0]) == [1.5], "what was written first stays"
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_request_sent_again_is_marked_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with begun(path) as transcript:
        transcript.record_sent(PLACE, 1, "a", {})
    for _ in range(2):
        with begun(path) as transcript:
            transcript.record_sent(PLACE, 1, "a", {})
    with begun(path) as transcript:
        assert len(transcript.without_outcome()) == 3
        transcript.record_received(PLACE, 1, "a", {})
        assert len(transcript.without_outcome()) == 2
    with begun(path) as transcript:
        assert len(transcript.without_outcome()) == 2
        assert transcript.unanswered == 0
    sent = [json.loads(line) for line in path.read_text().splitlines()[1:4]]
    assert [record.get("resent", False) for record in sent] == [False, True, True]


def test_a_torn_last_line_is_dropped_wherever_it_tore(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with begun(path) as transcript:
        exchange(transcript, "a", said="two\nlines")
        exchange(transcript, "b", said="ü")
    data = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    near = {end + i for end in (0, *ends) for i in (-2, -1, 0, 1, 2) if 0 <= end + i <= len(data)}
    for cut in sorted(near | set(range(0, len(data), 23))):
        path.write_bytes(data[:cut])
        with begun(path) as transcript:
            whole = sum(end <= cut for end in ends)
            assert transcript.dropped == cut - max((end for end in ends if end <= cut), default=0)
            assert len(transcript.outcomes()) == max(0, whole - 1) // 2
            assert transcript.unanswered == (whole >= 2 and whole % 2 == 0)
        if whole:
            assert path.read_bytes() == data[: ends[whole - 1]]


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    begun(path).close()
    with pytest.raises(TranscriptError, match=r"was begun with seed = 1, not 2; go on with the same settings"):
        Transcript(path, {**SETTINGS, "seed": 2})
    with pytest.raises(TranscriptError, match=r"was begun with extra = null, not true"):
        Transcript(path, {**SETTINGS, "extra": True})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"garbage\n", "line 2: is not a record"),
        (b'{"no": "kind"}\n', "line 2: is not a record"),
        (b"\xff\xfe\n", "line 2: is not a record"),
        (b"[1]\n", "line 2: is not a record"),
    ],
)
def test_damage_before_the_last_line_is_an_error(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "t.jsonl"
    begun(path).close()
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(TranscriptError, match=message):
        begun(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"kind": "header", "format": 999, "settings": {}}\n')
    with pytest.raises(TranscriptError, match="does not begin as a transcript of format 1"):
        begun(path)
    with pytest.raises(TranscriptError, match="cannot be opened"):
        begun(tmp_path / "no" / "folder.jsonl")


def open_elsewhere(path: Path) -> str:
    try:
        begun(path).close()
    except TranscriptError as error:
        return str(error)
    return ""


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        with begun(path):
            assert "another process is writing it" in pool.apply(open_elsewhere, (path,))
        assert pool.apply(open_elsewhere, (path,)) == ""


def test_a_full_disk_stops_the_writing_and_leaves_a_torn_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jsonl"
    transcript = begun(path)
    exchange(transcript, "a")
    write, calls = os.write, []

    def fails(file: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return write(file, data[:7])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fails)
    with pytest.raises(TranscriptError, match="No space left on device"):
        exchange(transcript, "b")
    monkeypatch.undo()
    with pytest.raises(TranscriptError, match="is closed"):
        exchange(transcript, "b")
    with begun(path) as transcript:
        assert transcript.dropped == 7
        assert len(transcript.outcomes()) == 1


def test_every_line_is_on_the_disk_before_the_program_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced = tmp_path / "t.jsonl", []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sync(file), synced.append(path.stat().st_size))[0])
    with begun(path) as transcript:
        exchange(transcript, "a")
        sizes = [0, *(i + 1 for i, byte in enumerate(path.read_bytes()) if byte == 10)]
        assert synced == sizes, "the folder, then each line"


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [1.5]}) == digest({"b": [1.5], "a": 1}) != digest({"a": 1, "b": [2]})
