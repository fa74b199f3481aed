"""Planted falsehoods: formulas of the catalogue, changed in one place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Abs, Identity, Inverse, Rational, Transpose, oo

from theory import formulas
from theory.families.newton_helper import Pi_U, Pi_W, wish
from theory.language.nodes import Contracts, NonnegativeForPositive, SpectrumWithin
from theory.language.symbols import K23, K43, S_U, S_W, A, B, Delta, P, Q, S_hat, b, d, eta, eta_W, gamma, p, rho, s

__all__ = ["FALSEHOODS", "Tampered", "change"]

Change = Callable[[Any], Any]


def change(id_: str, tamper: Change) -> Any:
    """Return the formula with its result changed, in abbreviations and in primitives; its derivation stays."""
    formula = formulas[id_]
    changed = tamper(formula.compact)
    if changed == formula.compact:
        raise ValueError(f"{id_}: the change leaves {formula.compact} as it is")
    return dataclasses.replace(formula, compact=changed)


class Tampered(Mapping[str, Any]):
    """The catalogue with one formula replaced."""

    def __init__(self, id_: str, formula: Any) -> None:
        self.id, self.formula = id_, formula

    def __getitem__(self, id_: str) -> Any:
        return self.formula if id_ == self.id else formulas[id_]

    def __iter__(self) -> Any:
        return iter(formulas)

    def __len__(self) -> int:
        return len(formulas)


def flipped(expr: Any) -> Any:
    return -expr


def swapped(expr: Any) -> Any:
    return expr.xreplace({A: B, B: A})


def transposed(expr: Any) -> Any:
    """Turn every inverted matrix round."""
    rules = {x: Inverse(Transpose(x.arg)) for x in expr.atoms(Inverse)}
    return expr.xreplace(rules)


def without(*letters: Any) -> Change:
    return lambda expr: expr.xreplace(dict.fromkeys(letters, 1))


def bare_gram(expr: Any) -> Any:
    """Forget the step sizes."""
    return expr.xreplace({P: S_W, Q: S_U})


def plus_one(expr: Any) -> Any:
    return expr + (Identity(d) if getattr(expr, "is_MatrixExpr", False) else 1)


FALSEHOODS: list[tuple[str, str, str, Change]] = [
    # theorem, formula, what was done, change
    ("lsa-step", "lsa-step", "dropped eta", without(eta)),
    ("lsa-step", "lsa-step.gradient", "flipped sign", flipped),
    ("inert-history", "inert-history", "flipped sign", flipped),
    ("label-noise", "label-noise.target", "flipped sign", flipped),
    ("label-noise", "label-noise.gradient", "flipped sign", flipped),
    ("general-blocks", "general-blocks.update", "flipped sign", flipped),
    ("general-blocks", "general-blocks.fixed-point", "transposed product", transposed),
    ("general-blocks", "general-blocks.bias", "flipped sign", flipped),
    ("population-optimum", "population-optimum.Gamma", "flipped sign", flipped),
    ("population-optimum", "population-optimum.V31", "flipped sign", flipped),
    ("population-optimum", "population-optimum.loss", "shifted by 1", plus_one),
    ("population-optimum", "population-optimum.step", "shifted by 1", plus_one),
    ("population-optimum", "population-optimum.joint-K13", "flipped sign", flipped),
    ("population-optimum", "population-optimum.key-defect", "flipped sign", flipped),
    ("trained-step-is-stable", "trained-step-is-stable", "shifted by 1", plus_one),
    ("error-recursion", "error-recursion.e", "swapped A and B", swapped),
    ("error-recursion", "error-recursion.f", "dropped eta", bare_gram),
    ("role-swap", "role-swap.f", "flipped sign", flipped),
    ("closed-form", "closed-form.e", "swapped A and B", swapped),
    ("closed-form", "closed-form.f", "transposed product", transposed),
    ("frozen-kernel", "frozen-kernel.projector", "complement", lambda e: Identity(d) - e),
    ("frozen-kernel", "frozen-kernel.e", "flipped sign", flipped),
    ("biased-equilibrium", "biased-equilibrium.e", "flipped sign", flipped),
    ("biased-equilibrium", "biased-equilibrium.e", "swapped A and B", swapped),
    ("biased-equilibrium", "biased-equilibrium.e", "dropped eta", bare_gram),
    ("biased-equilibrium", "biased-equilibrium.e", "transposed product", transposed),
    ("biased-equilibrium", "biased-equilibrium.f", "transposed product", transposed),
    ("biased-equilibrium", "biased-equilibrium.e-coupling", "swapped A and B", swapped),
    ("singular-equilibrium", "singular-equilibrium.e", "swapped A and B", swapped),
    ("singular-equilibrium", "singular-equilibrium.f", "dropped eta", bare_gram),
    ("gap-is-shared", "gap-is-shared", "flipped sign", flipped),
    ("neither-wins", "neither-wins.e", "flipped sign", flipped),
    ("small-step", "small-step.e1", "flipped sign", flipped),
    ("small-step", "small-step.ek", "transposed product", lambda e: e.xreplace({S_W: S_U, S_U: S_W})),
    ("small-step", "small-step.f-remainder", "dropped eta", without(eta_W)),
    ("small-step", "small-step.e-bound", "dropped a factor", lambda e: e / 10**6),
    ("consensus", "consensus.point", "dropped rho", without(rho)),
    ("consensus", "consensus.parallel-sum", "dropped rho", without(rho)),
    ("consensus", "consensus.value", "doubled", lambda e: 2 * e),
    ("consensus", "consensus.increase", "flipped sign", flipped),
    ("residual-can-exceed-gap", "residual-can-exceed-gap.commuting", "a sixteenth of the bound", lambda e: e / 16),
    ("residual-can-exceed-gap", "residual-can-exceed-gap.family", "shifted by 1", plus_one),
    ("linear-in-gap", "linear-in-gap.e", "flipped sign", flipped),
    ("linear-in-gap", "linear-in-gap.G", "flipped sign", flipped),
    ("linear-in-gap", "linear-in-gap.upper", "halved bound", lambda e: e / 2),
    ("linear-in-gap", "linear-in-gap.lower", "raised bound", lambda e: 2 * e),
    ("monotone-in-angle", "monotone-in-angle.squared-error", "shifted by 1", plus_one),
    ("monotone-in-angle", "monotone-in-angle.isotropic", "shifted by 1", plus_one),
    (
        "monotone-in-angle",
        "monotone-in-angle.criterion",
        "flipped sign",
        lambda e: NonnegativeForPositive(e.args[0], -e.args[1], e.args[2], -e.args[3]),
    ),
    ("not-always-monotone", "not-always-monotone", "shifted by 1", plus_one),
    ("convergence-iff", "convergence-iff", "kernel not taken out", lambda e: Contracts(A * B)),
    ("convergence-iff", "convergence-iff", "one agent only", lambda e: e.xreplace({B: Identity(d)})),
    ("step-size-box", "step-size-box.identity", "swapped A and B", lambda e: e.xreplace({P: Q, Q: P, A: B, B: A})),
    ("step-size-box", "step-size-box", "kernel not taken out", lambda e: Contracts(A * B)),
    ("box-not-necessary", "box-not-necessary", "one agent only", lambda e: Abs(1 - p) < 1),
    ("real-spectrum", "real-spectrum", "too small a range", lambda e: SpectrumWithin(A * B, 0, oo)),
    ("real-spectrum", "real-spectrum.interval", "half the range", lambda e: SpectrumWithin(A * B, 0, Rational(1, 2))),
    ("alternating-projections", "alternating-projections.rate", "shifted by 1", plus_one),
    ("alternating-projections", "alternating-projections.cosine", "shifted by 1", plus_one),
    ("one-sided-iff", "one-sided-iff.e", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("one-sided-iff", "one-sided-iff.f", "own step forgotten", lambda e: e.xreplace({B: Identity(d)})),
    ("one-sided-iff", "one-sided-iff.e-push", "flipped sign", flipped),
    ("one-sided-iff", "one-sided-iff.f-push", "flipped sign", flipped),
    ("kernel-condition", "kernel-condition", "the other prompt", lambda e: e.xreplace({S_U: S_W})),
    ("kernel-condition", "kernel-condition.pull", "flipped sign", flipped),
    ("kernel-condition", "kernel-condition.victim-loss", "doubled", lambda e: 2 * e),
    ("deadbeat", "deadbeat.push", "nothing undone", lambda e: Q * Delta),
    ("victim-bias", "victim-bias", "flipped sign", flipped),
    ("victim-bias", "victim-bias", "own step forgotten", lambda e: e.xreplace({B: Identity(d)})),
    ("label-attack", "label-attack.e", "flipped shift", lambda e: e.xreplace({s: -s})),
    ("label-attack", "label-attack.e", "swapped A and B", swapped),
    ("label-attack", "label-attack.shift", "flipped sign", flipped),
    ("label-attack", "label-attack.feasible", "always", lambda e: e.func(P * e.args[0], e.args[1])),
    ("label-attack", "label-attack.feasible", "only without a pull", lambda e: e.func(Q * Delta, e.args[1])),
    ("label-attack", "label-attack.victim", "swapped A and B", swapped),
    ("impossibility", "impossibility.error", "halved bound", lambda e: e / 2),
    ("impossibility", "impossibility.witness", "doubled", lambda e: 2 * e),
    ("one-example-attack", "one-example-attack.gram", "doubled", lambda e: 2 * e),
    ("one-example-attack", "one-example-attack.input", "doubled", lambda e: 2 * e),
    ("gradient-attack", "gradient-attack.gradient", "flipped sign", flipped),
    ("gradient-attack", "gradient-attack.gradient", "transposed product", transposed),
    ("gradient-attack", "gradient-attack.step", "doubled bound", lambda e: 2 * e),
    ("gradient-attack", "gradient-attack.rate", "squared", lambda e: e**2),
    ("blind-attack", "blind-attack.e", "flipped sign", flipped),
    ("blind-attack", "blind-attack.z", "dropped gamma", without(gamma)),
    ("blind-attack", "blind-attack.weight", "doubled", lambda e: 2 * e),
    ("blind-attack", "blind-attack.corner", "flipped sign", flipped),
    ("blind-attack", "blind-attack.determinant", "doubled", lambda e: 2 * e),
    ("blind-attack", "blind-attack.gain-bound", "wider", lambda e: Abs(1 - gamma) < 2),
    ("blind-attack", "blind-attack.step-bound", "victim mirrored", lambda e: e.xreplace({b: -b})),
    ("mutual-attack", "mutual-attack.w", "flipped sign", flipped),
    ("mutual-attack", "mutual-attack.u", "flipped sign", flipped),
    ("detection", "detection.geometry", "flipped sign", flipped),
    ("detection", "detection.target", "doubled", lambda e: 2 * e),
    ("newton-helper", "newton-helper.objective", "flipped wish", lambda e: e.xreplace({wish: -wish})),
    ("newton-helper", "newton-helper.e", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("newton-helper", "newton-helper.one-turn", "flipped sign", flipped),
    ("plateau-removed", "plateau-removed.e", "flipped sign", flipped),
    ("plateau-removed", "plateau-removed.rate", "halved", lambda e: e / 2),
    ("rank-limited", "rank-limited.e", "swapped projectors", lambda e: e.xreplace({Pi_U: Pi_W, Pi_W: Pi_U})),
    ("rank-limited", "rank-limited.reduced", "flipped sign", flipped),
    ("inexact-helper", "inexact-helper.e", "not inverted", lambda e: e.xreplace({Inverse(S_hat): S_hat})),
    ("inexact-helper", "inexact-helper.converges", "own step forgotten", lambda e: e.xreplace({A: Identity(d)})),
    ("inexact-helper", "inexact-helper.energy", "flipped sign", flipped),
    ("blind-helper", "blind-helper.residual", "flipped sign", flipped),
    ("blind-helper", "blind-helper.krylov", "W stands still", lambda e: e.xreplace({A: Identity(d)})),
    ("helper-comparison", "helper-comparison.alone", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.aligned", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.newton", "doubled", lambda e: 2 * e),
    ("helper-comparison", "helper-comparison.plateau", "shifted by 1", plus_one),
    ("trained-layer", "trained-layer.update", "a term lost", lambda e: e.func(*e.args[:-1])),
    ("trained-layer", "trained-layer.linear", "another row of K", lambda e: e.xreplace({K23: K43})),
    ("trained-layer", "trained-layer.offset", "flipped sign", flipped),
    ("trained-layer", "trained-layer.leakage", "flipped sign", flipped),
    ("trained-layer", "trained-layer.slope", "flipped sign", flipped),
    ("trained-layer", "trained-layer.slope-bound", "a thousandth of the bound", lambda e: e / 1000),
    ("trained-layer", "trained-layer.curvature", "a thousandth of the bound", lambda e: e / 1000),
    ("free-layer-optimum", "free-layer-optimum.linear-part", "flipped sign", flipped),
    ("free-layer-optimum", "free-layer-optimum.least", "shifted by 1", plus_one),
    ("free-layer-optimum", "free-layer-optimum.excess", "doubled", lambda e: 2 * e),
    ("free-layer-optimum", "free-layer-optimum.forgetful", "flipped sign", flipped),
    ("trained-plateau", "trained-plateau.w", "doubled", lambda e: 2 * e),
    ("trained-plateau", "trained-plateau.u", "flipped sign", flipped),
    ("trained-plateau", "trained-plateau.shift", "a thousandth of the bound", lambda e: e / 1000),
    ("trained-plateau", "trained-plateau.slope", "no leakage", lambda e: 0 * e),
]
