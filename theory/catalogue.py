"""All formulas and the statements that they make, by id, in the order of the theory."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from theory.derivation.assumptions import Assumption
from theory.derivation.formula import Catalogue, Formula, formulas
from theory.derivation.lines import Step
from theory.derivation.statement import Statement, Statements

__all__ = ["FAMILIES", "formulas", "statements"]

#: The families of theorems in order, each a module of `theory.families`, with the section of the theory it is in.
FAMILIES = {
    "one_agent": "1 one agent",
    "population": "1 one agent",
    "dynamics": "2 dynamics",
    "equilibrium": "3 equilibrium",
    "small_step": "3 equilibrium",
    "consensus": "3 equilibrium",
    "misalignment": "4 misalignment",
    "convergence": "5 convergence",
    "asymmetry": "6 asymmetry",
    "label_attack": "7 adversary",
    "one_move_attack": "7 adversary",
    "gradient_attack": "7 adversary",
    "blind_attack": "7 adversary",
    "detection": "7 adversary",
    "newton_helper": "8 helper",
    "helper_estimates": "8 helper",
    "helper_comparison": "8 helper",
    "trained_layer": "9 trained agents",
    "trained_optimum": "9 trained agents",
    "trained_pair": "9 trained agents",
    "many_agents": "11 many agents",
    "composite_agents": "11 many agents",
    "random_moves": "11 many agents",
    "drift": "11 many agents",
    "softmax_agents": "12 softmax agents",
}

# Importing a family registers its formulas.
formulas.arrange([import_module(f"theory.families.{family}").__name__ for family in FAMILIES])

#: All theorems by id.
statements = Statements(formulas)


def _by_place(part: str, id_: str, index: int) -> Any:
    return getattr(formulas[id_], part)[index]


def _whole(name: str) -> Any:
    return {"formulas": formulas, "statements": statements}[name]


def _places(part: str) -> Iterator[tuple[Any, str, int]]:
    """Each hypothesis, or line, of the formulas that have been derived, and where it stands."""
    return ((x, f.id, i) for f in formulas.derived() for i, x in enumerate(getattr(f, part)))


def _kept_by_place(part: str) -> Callable[[Any], Any]:
    def reduce(value: Any) -> Any:
        for found, id_, index in _places(part):
            if found is value:
                return _by_place, (part, id_, index)
        return object.__reduce_ex__(value, 2)

    return reduce


def _kept_by_id(known: Any) -> Callable[[Any], Any]:
    def reduce(value: Any) -> Any:
        # What somebody else has made stays what it is, also under an id of the catalogue.
        if value.id in known and known[value.id] == value:
            return known.__getitem__, (value.id,)
        return object.__reduce_ex__(value, 2)

    return reduce


def _kept_by_name(name: str) -> Callable[[Any], Any]:
    def reduce(value: Any) -> Any:
        return (_whole, (name,)) if value is _whole(name) else object.__reduce_ex__(value, 2)

    return reduce


# Formulas hold functions, which cannot be copied or sent to another process; the catalogue is the same in each.
copyreg.pickle(Catalogue, _kept_by_name("formulas"))
copyreg.pickle(Statements, _kept_by_name("statements"))
copyreg.pickle(Formula, _kept_by_id(formulas))
copyreg.pickle(Statement, _kept_by_id(statements))
copyreg.pickle(Assumption, _kept_by_place("assumptions"))
copyreg.pickle(Step, _kept_by_place("derivation"))
