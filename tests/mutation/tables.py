"""What is tried: the tables of targets and of equivalent mutants."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Target:
    """A module, the tests that are to kill its mutants, cheapest first, and the part of them that must die."""

    path: str
    tests: tuple[str, ...]
    wanted: float

    @property
    def module(self) -> str:
        """The module as it is imported."""
        return self.path.removesuffix(".py").replace("/", ".")


def file_of(test: str) -> str:
    """The file or folder of what pytest is given: its id or what follows chooses some of the tests in it."""
    return test.split()[0].split("::")[0]


@dataclass(frozen=True)
class Tree:
    """What is copied, and what the trying processes import once."""

    root: Path
    copied: tuple[str, ...]
    preloaded: tuple[str, ...]
    options: tuple[str, ...] = ()


def targets(root: Path, file: Path = HERE / "targets.toml") -> tuple[Tree, list[Target]]:
    """Read the table of targets; every file that it names must be there."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    tree = Tree(root, *(tuple(table.get(key, ())) for key in ("copied", "preloaded", "options")))
    found = [
        Target(path, tuple(tests), group["wanted"])
        for group in table["group"]
        for path, tests in group["modules"].items()
    ]
    for target in found:
        for name in (target.path, *map(file_of, target.tests)):
            if not (root / name).exists():
                raise LookupError(f"{file.name} names {name}, which is not there")
    return tree, found


def chosen(all_: Sequence[Target], names: Iterable[str]) -> list[Target]:
    """The targets of these names: a module, a path, or a package with all that is in it; all if none is named."""
    out: list[Target] = []
    for name in names:
        dotted = name.removesuffix(".py").strip("/").replace("/", ".")
        found = [each for each in all_ if f"{each.module}.".startswith(f"{dotted}.")]
        if not found:
            raise LookupError(f"no target is called {name}")
        out += [each for each in found if each not in out]
    return out or list(all_)


@dataclass(frozen=True)
class Equivalent:
    """Mutants that no test can kill: all that change this line of this function like this."""

    path: str
    within: str
    line: str
    becomes: str
    reason: str

    def __contains__(self, mutant: Mutant) -> bool:
        mine = (self.path, self.within, self.line, self.becomes)
        return mine == (mutant.path, mutant.within, mutant.line, mutant.becomes)


def equivalents(file: Path = HERE / "equivalent.toml") -> list[Equivalent]:
    """Read the table of equivalent mutants; each has a reason."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("mutant", [])
    found = [Equivalent(**entry) for entry in entries]
    for each in found:
        if not each.reason.strip():
            raise LookupError(f"{file.name} gives no reason for {each.line!r}")
    return found


def declared(mutants: Sequence[Mutant], table: Sequence[Equivalent], path: str) -> set[Mutant]:
    """The equivalent ones among all mutants of a module; an entry of this module that matches none is refused."""
    entries = [each for each in table if each.path == path]
    for each in entries:
        if not any(mutant in each for mutant in mutants):
            raise LookupError(f"no mutant of {path} changes {each.line!r} in {each.within!r} to {each.becomes!r}")
    return {mutant for mutant in mutants if any(mutant in each for each in entries)}
