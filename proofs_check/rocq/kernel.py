"""What Rocq says of exported files: each is compiled, and is asked what its theorems rest on."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from proofs_check.errors import InputError
from proofs_check.rocq.export import LIBRARIES, TOGETHER
from proofs_check.rocq.library import CLAIMS, STATEMENTS, library, required

__all__ = ["Compiled", "compile_all", "compile_file", "need_mathcomp", "version", "without_comments"]

CLOSED = "Closed under the global context"
#: What the exported files require, by the package of Debian that it comes with.
MATHCOMP = {
    "libcoq-mathcomp-algebra": "From mathcomp Require matrix.\n",
    "libcoq-mathcomp-algebra-tactics": "From mathcomp.algebra_tactics Require ring.\n",
    "libcoq-mathcomp-real-closed": "From mathcomp.real_closed Require complex.\n",
}

KernelChecked = Literal["yes", "no", "not run"]


@dataclass(frozen=True)
class Compiled:
    """What Rocq said of one file: `closed` of its `theorems` rest on no axiom; `ok` if that is all of them."""

    file: str
    ok: bool
    theorems: int
    closed: int
    version: str
    message: str


def version() -> str | None:
    """Return the version of the `coqc` on the path, or None if there is none."""
    program = shutil.which("coqc")
    return None if program is None else _version_of(program)


@cache
def _version_of(program: str) -> str:
    answer = subprocess.run([program, "--print-version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[0]


def need_mathcomp() -> None:
    """Ask for `coqc` and for Mathematical Components.

    Raises
    ------
    InputError
        If one of them is not installed.
    """
    if version() is None:
        raise InputError(
            "--compile: coqc is not on the path; install Rocq and Mathematical Components (Debian: apt-get install "
            f"coq {' '.join(MATHCOMP)})"
        )
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "asks.v").write_text("".join(MATHCOMP.values()), encoding="utf-8")
        run = subprocess.run(["coqc", "-q", "asks.v"], cwd=place, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InputError(
            "--compile: coqc does not find all of Mathematical Components, which the theorems about matrices are "
            f"stated in (Debian: apt-get install {' '.join(MATHCOMP)})"
        )


def compile_file(path: Path, seconds: float = 300) -> Compiled:
    """Compile a file and read its ``Print Assumptions``; what was compiled is kept beside it.

    What the file requires is looked for beside it, compiled.

    Raises
    ------
    InputError
        If `coqc` is not on the path.
    """
    found = version()
    if found is None:
        raise InputError("--compile: coqc is not on the path; install Rocq (Debian: apt-get install coq)")
    compiled = path.with_suffix(".vo")
    compiled.unlink(missing_ok=True)
    # What these hold is asked in another file, or is no theorem.
    elsewhere = path.name in {*LIBRARIES, *library(), STATEMENTS, CLAIMS}
    text = without_comments(path.read_text(encoding="utf-8"))
    below = _below(path.parent, text)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / path.name
        copy.write_bytes(path.read_bytes())
        for needed in path.parent.glob("*.vo"):
            if needed.stem in below:
                shutil.copy(needed, place)
        command = ["coqc", "-q", "-w", "none", copy.name]
        try:
            run = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Compiled(path.name, False, 0, 0, found, f"not compiled within {seconds:g} s")
        if run.returncode == 0:
            shutil.copy(copy.with_suffix(".vo"), compiled)
    asked = re.findall(r"^Print Assumptions ([\w.]+)\.$", text, re.MULTILINE)
    every = run.stdout.splitlines().count(CLOSED) == len(asked)
    stated: set[str] = set()
    if not elsewhere:
        every = every and bool(asked)
        named = re.search(rf"^Definition {TOGETHER} := \(([\w\s,]*)\)\.$", text, re.MULTILINE)
        asked = re.findall(r"\w+", named[1]) if named and asked == [TOGETHER] else asked
        stated = set(re.findall(r"^(?:Theorem|Lemma|Corollary) (\w+)", text, re.MULTILINE))
    forbidden = re.search(r"\b(?:Axiom|Parameter|Admitted|admit|Conjecture)\b", text)
    ok = run.returncode == 0 and every and stated <= set(asked) and forbidden is None
    closed = len(asked) if every else 0
    return Compiled(path.name, ok, len(asked), closed, found, (run.stderr or run.stdout).strip())


def _below(directory: Path, text: str) -> set[str]:
    """The modules beside a file that it rests on, those that these rest on, and so on."""
    found, new = set[str](), set(required(text))
    while new:
        found |= new
        beside = [path for x in new if (path := directory / f"{x}.v").exists()]
        new = set[str]().union(*map(_needed, beside)) - found
    return found


def _needed(path: Path) -> frozenset[str]:
    return required(without_comments(path.read_text(encoding="utf-8")))


def without_comments(text: str) -> str:
    """Return what Rocq reads of a file."""
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)


def _stages(paths: list[Path]) -> list[list[Path]]:
    """Split into stages, in each of which files rest only on those of the stages before."""
    needed = {path: _needed(path) for path in paths}
    left, stages = list(paths), []
    while left:
        names = {path.stem for path in left}
        stages.append([path for path in left if not needed[path] & names] or left)
        left = [path for path in left if path not in stages[-1]]
    return stages


def compile_all(
    paths: Iterable[Path], jobs: int = 2, on_compiled: Callable[[Compiled], object] | None = None
) -> list[Compiled]:
    """Compile files, `jobs` at a time, each after those that it rests on; nothing compiled before is used.

    `on_compiled` is called after each. What is returned is in the order of the files.
    """
    files = list(paths)
    for path in files:
        path.with_suffix(".vo").unlink(missing_ok=True)
    done: dict[str, Compiled] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for stage in _stages(files):
                for one in pool.map(compile_file, stage):
                    done[one.file] = one
                    if on_compiled is not None:
                        on_compiled(one)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[path.name] for path in files]
