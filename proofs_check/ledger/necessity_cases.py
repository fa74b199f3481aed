"""Stored exact counterexamples: for each hypothesis of each formula, an instance that violates it alone.

They are data: inputs of the formulas, by name, in rationals. Whether an instance satisfies all other hypotheses,
violates this one and refutes the statement is decided anew at every run, by `proofs_check.ledger.necessity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["PSD_U", "PSD_W", "RESTS", "STORED", "Stored", "parts"]

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
EYE = [[1, 0], [0, 1]]


@dataclass(frozen=True)
class Stored:
    """A counterexample.

    Attributes
    ----------
    formulas : tuple of str
        Ids of the formulas whose hypothesis it drops.
    hypothesis : str
        A part of the hypothesis's text that no other hypothesis of these formulas contains.
    inputs : mapping
        Exact values by name; a superset of what the formula needs.
    """

    formulas: tuple[str, ...]
    hypothesis: str
    inputs: Mapping[str, Any]


def two(p: Any, q: Any, gap: Any = 1, **more: Any) -> dict[str, Any]:
    """Two agents on a line: step matrices p and q with steps 1, W's target at 0."""
    return {"S_W": [[p]], "S_U": [[q]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [gap]} | more


def parts(theorem: str, *names: str) -> tuple[str, ...]:
    """Ids of a theorem's formulas."""
    return tuple(f"{theorem}.{name}" for name in names)


PSD_W, PSD_U, M_REGULAR, A_REGULAR = r"S_W \succeq 0", r"S_U \succeq 0", "$M$ is inv", "$A$ is inv"
H_REGULAR, P_REGULAR, Q_REGULAR, S_HAT = "$H$ is inv", "$P$ is inv", "$Q$ is inv", r"$\hat S$ is inv"

DRIFT = two(2, 2)
STILL = two(2, 2, 0, w_0=[1])
OPPOSED = two(-2, 2, w_0=[1]), two(2, -2, w_0=[1])
LIMITS = parts("singular-equilibrium", "e", "f"), parts("one-sided-iff", "e", "e-push", "f", "f-push")
RESTS = (
    *parts("closed-form", "e", "f"),
    *parts("biased-equilibrium", "e", "f", "e-dual", "e-coupling", "f-coupling"),
    *parts("linear-in-gap", "e", "G", "lower", "upper"),
    *parts("neither-wins", "e", "f"),
    *parts("small-step", "e-remainder", "f-remainder"),
    *parts("label-attack", "e", "victim"),
    *parts("impossibility", "error", "witness"),
)
ANGLE = {"w_hat": [1, 0], "v": [0, 1], "r": 1, "tau": 1, "eta_W": 1, "eta_U": 1}
ROUND = ANGLE | {"S_W": [[HALF, 0], [0, HALF]], "S_U": [[HALF, 0], [0, HALF]], "p": HALF, "q": HALF}
FLIPS = ANGLE | {"S_W": [[2, 0], [0, 2]], "S_U": [[2, 0], [0, 2]], "p": 2, "q": 2}
TAUGHT = {"w_star": [0], "u_star": [1], "eta_W": 1, "eta_U": 1, "n": 1}


def _dynamics() -> Iterator[Stored]:
    yield Stored(RESTS[:2], "is inv", DRIFT | {"w_0": [1], "t": 1})
    yield Stored(RESTS[2:13], M_REGULAR, DRIFT)
    yield Stored(RESTS[13:15], M_REGULAR, DRIFT | {"rho": 1, "order": 1})
    yield Stored(RESTS[15:], M_REGULAR, DRIFT | {"s": [0]})
    frozen = parts("frozen-kernel", "projector", "e")
    for key, p in ((PSD_W, -1), (PSD_U, 1)):
        yield Stored(frozen, key, two(p, -p, w_t=[1]))
    for ids in LIMITS:
        yield Stored(ids, PSD_W, OPPOSED[0])
        yield Stored(ids, PSD_U, OPPOSED[1])
        yield Stored(ids, "spectral radius", STILL)
    yield Stored(("neither-wins.e",), A_REGULAR, two(1, HALF))
    yield Stored(("neither-wins.e",), r"S_U\Delta", two(HALF, 0))
    yield Stored(("neither-wins.f",), "$B$ is inv", two(HALF, 1))
    yield Stored(("neither-wins.f",), r"S_W\Delta", two(0, HALF))


def _small_steps() -> Iterator[Stored]:
    opposed = two(1, -1, rho=1, order=1)
    idle = two(0, 0, rho=1, order=1)
    terms = (x + y for x in "ef" for y in "012k")
    yield Stored(parts("small-step", *terms), H_REGULAR, idle)
    yield Stored(parts("small-step", "e-remainder", "f-remainder"), H_REGULAR, opposed | {"eta_W": HALF, "eta_U": HALF})
    yield Stored(parts("small-step", "e-bound", "f-bound"), "$H$ is inv", two(4, 4, rho=1, order=1))
    yield Stored(("gap-is-shared.small-step",), H_REGULAR, opposed)
    yield Stored(("consensus.point",), r"H \succeq 0", two(-2, 1, rho=1, order=1))
    yield Stored(("consensus.point",), H_REGULAR, opposed)
    yield Stored(("consensus.parallel-sum",), PSD_W, two(-1, 2, rho=1))
    yield Stored(("consensus.parallel-sum",), PSD_U, two(2, -1, rho=1))
    yield Stored(("consensus.value",), PSD_W, two(-1, 1, rho=1))
    yield Stored(("consensus.value",), PSD_U, two(1, -1, rho=1))
    yield Stored(("consensus.increase",), r"E \succeq 0", two(1, 1, rho=1, E=[[-HALF]]))
    yield Stored(("consensus.increase",), r"H \succeq 0", two(-2, 1, rho=1, E=[[2]]))
    yield Stored(("consensus.increase",), H_REGULAR, opposed | {"E": [[1]]})


def _misalignment() -> Iterator[Stored]:
    yield Stored(parts("monotone-in-angle", "squared-error", "criterion"), M_REGULAR, FLIPS)
    isotropic = ("monotone-in-angle.isotropic",)
    stretched = [[Fraction(3, 4), 0], [0, Fraction(1, 4)]]
    yield Stored(isotropic, "$P = pI$", ROUND | {"S_W": stretched, "p": Fraction(3, 4)})
    yield Stored(isotropic, "Q = q I", ROUND | {"S_U": stretched, "q": Fraction(3, 4)})
    yield Stored(isotropic, r"\left\lVert \hat w", ROUND | {"w_hat": [2, 0]})
    yield Stored(isotropic, r"\left\lVert v", ROUND | {"v": [0, 2]})
    yield Stored(isotropic, r"\left\langle", ROUND | {"v": [Fraction(3, 5), Fraction(4, 5)]})
    yield Stored(isotropic, M_REGULAR, FLIPS)
    below = ("residual-can-exceed-gap.commuting",)
    yield Stored(below, PSD_W, two(-HALF, Fraction(1, 4), w_0=[0]))
    yield Stored(below, PSD_U, two(HALF, -Fraction(3, 4), w_0=[0]))
    across = {"S_W": [[1, 0], [0, 0]], "S_U": [[Fraction(4, 5), Fraction(2, 5)], [Fraction(2, 5), Fraction(1, 5)]]}
    lines = across | {"eta_W": 1, "eta_U": 1, "w_star": [0, 0], "u_star": [1, 0], "w_0": [0, 2]}
    yield Stored(below, "commute", lines)
    yield Stored(below, r"A \succeq 0", two(Fraction(19, 10), Fraction(19, 10), w_0=[0]))
    yield Stored(below, M_REGULAR, two(0, 0, w_0=[5]))


def _convergence() -> Iterator[Stored]:
    yield Stored(("convergence-iff",), PSD_W, OPPOSED[0])
    yield Stored(("convergence-iff",), PSD_U, OPPOSED[1])
    box = ("step-size-box.identity", "step-size-box")
    yield Stored(box, PSD_W, two(-1, 0))
    yield Stored(box, PSD_U, two(0, -1))
    for i, edge in enumerate((3, 2)):
        yield Stored(box[i : i + 1], r"P \prec", two(edge, 0))
        yield Stored(box[i : i + 1], r"Q \prec", two(0, edge))
    yield Stored(("box-not-necessary",), "zero", {"p": 0, "q": 0})
    turning = {"S_W": [[HALF, 0], [0, 2]], "S_U": [[1, HALF], [HALF, HALF]], "R": EYE}
    steps = {"eta_W": Fraction(3, 4), "eta_U": Fraction(4, 3)}
    yield Stored(("real-spectrum",), "symmetric $R$", turning | steps)
    interval = ("real-spectrum.interval",)
    yield Stored(interval, PSD_W, two(-3, 0, R=[[2]], t=1))
    yield Stored(interval, PSD_U, two(0, -1, R=[[1]], t=1))
    yield Stored(interval, "symmetric $R$", two(2, 0, R=[[1]], t=1))
    yield Stored(interval, r"B \succeq 0", two(0, 2, R=[[1]], t=1))
    angles = parts("alternating-projections", "rate", "cosine")
    yield Stored(angles, "$P$ is an", two(HALF, 0, t=1))
    yield Stored(angles, "$Q$ is an", two(0, HALF, t=1))
    blind = parts("kernel-condition", "victim-loss")
    yield Stored(("kernel-condition", "kernel-condition.pull", *blind), M_REGULAR, STILL)
    yield Stored(("kernel-condition", "kernel-condition.pull"), A_REGULAR, two(1, HALF, w_0=[1]))
    yield Stored(blind, r"S_U\Delta", two(1, HALF, w_0=[1]))
    yield Stored(("victim-bias",), "succeeds", two(HALF, HALF, w_inf=[THIRD]))


def _attacks() -> Iterator[Stored]:
    yield Stored(("label-attack.feasible",), M_REGULAR, DRIFT | {"w_0": [1]})
    yield Stored(("label-attack.shift",), "range", two(0, HALF))
    one = {"S_U": EYE, "eta_U": HALF, "eta_W": 1, "w_star": [0, 0], "u_star": [0, 0]}
    yield Stored(parts("one-example-attack", "gram", "input"), r"Q\Delta", one)
    mutual = parts("mutual-attack", "w", "u")
    yield Stored(mutual, P_REGULAR, two(0, 1))
    yield Stored(mutual, Q_REGULAR, two(1, 0))
    labelled = TAUGHT | {"X_W": [[1]], "y_W": [0], "gamma": 1}
    yield Stored(
        parts("gradient-attack", "gradient", "step"), M_REGULAR, labelled | {"eta_W": 2, "eta_U": 2, "S_U": [[1]]}
    )
    yield Stored(("gradient-attack.step",), r"X_W \ne 0", labelled | {"X_W": [[0]], "S_U": [[HALF]]})
    narrow = {"X_W": [[1, 0]], "y_W": [0], "w_star": [0, 0], "u_star": [1, 1], "S_U": EYE, "n": 1}
    yield Stored(("gradient-attack.rate",), "$S_W$ is inv", narrow | {"eta_W": 1, "eta_U": HALF, "gamma": 1})
    steep = labelled | {"eta_W": HALF, "eta_U": HALF, "S_U": [[1]], "gamma": Fraction(27, 4)}
    yield Stored(("gradient-attack.rate",), "preceq I", steep)
    yield Stored(parts("blind-attack", "e", "z"), P_REGULAR, two(0, HALF, s=[0], w_t=[0], gamma=1, w_0=[0]))
    lyapunov: dict[str, tuple[tuple[Any, Any], ...]] = {  # (p, gamma) that break p <= 1, p > 0, gamma < 2 in turn
        "weight": ((3, Fraction(3, 2)), (0, 1), (1, 3)),
        "corner": ((3, 1), (-HALF, 1), (HALF, Fraction(5, 2))),
        "determinant": ((2, 1), (-HALF, 1), (HALF, Fraction(5, 2))),
    }
    for name, pairs in lyapunov.items():
        for key, (p, gamma) in zip((r"p \le 1", "p > 0", "gamma < 2"), pairs, strict=True):
            yield Stored(parts("blind-attack", name), key, {"p": p, "gamma": gamma})
    yield Stored(("blind-attack.step-bound",), "p < 2", {"p": 3, "b": -1})
    yield Stored(("blind-attack.step-bound",), "|b|", {"p": Fraction(3, 2), "b": -3})
    alike = {"U_seen": [[1, 1]], "k": 2}
    yield Stored(parts("detection", "geometry", "target"), "span", two(HALF, 1, **alike))
    yield Stored(("detection.target",), P_REGULAR, two(0, 1, U_seen=[[1, 2]], k=2))


def _helpers() -> Iterator[Stored]:
    newton = two(HALF, 0, alpha=1, w_t=[1], w_0=[1], t=1)
    ids = *parts("newton-helper", "objective", "e", "one-turn"), *parts("plateau-removed", "e", "rate")
    yield Stored(ids, "range", newton)
    yield Stored(ids[3:], PSD_W, two(-1, 1, alpha=Fraction(1, 4), w_0=[1], t=1))
    inexact = parts("inexact-helper", "e", "converges", "energy")
    helped = two(HALF, 1, alpha=1, S_hat=[[1]], w_t=[1])
    yield Stored(inexact[:2], S_HAT, helped | {"S_hat": [[0]]})
    yield Stored(inexact[2:], S_HAT, helped | {"S_hat": [[0]], "S_W": [[-1]]})
    yield Stored(inexact, Q_REGULAR, helped | {"S_U": [[0]]})
    energy = inexact[2:]
    yield Stored(energy, r"2\hat S", helped | {"S_W": [[Fraction(1, 4)]], "S_hat": [[Fraction(1, 12)]]})
    yield Stored(energy, r"2 I - P", helped | {"S_W": [[3]], "alpha": 0})
    yield Stored(energy, r"\geq 0", helped | {"alpha": -1, "eta_W": Fraction(1, 10)})
    yield Stored(("blind-helper.residual",), "mathbf 1", two(HALF, 1, U_seen=[[1]], c=[2], k=1, w_star=[1]))
    turns = parts("helper-comparison", "alone", "aligned", "newton")
    yield Stored(turns, r"\kappa > 1", {"cond": 1, "eps": HALF, "alpha": HALF})
    yield Stored(turns, r"\varepsilon", {"cond": 2, "eps": 2, "alpha": HALF})
    yield Stored(turns[2:], r"|1 - \alpha|", {"cond": 2, "eps": HALF, "alpha": 4})
    yield Stored(turns[2:], r"\alpha \neq", {"cond": 2, "eps": HALF, "alpha": 1})
    yield Stored(("helper-comparison.plateau",), r"\kappa \ge 1", {"cond": HALF})


def _one_agent() -> Iterator[Stored]:
    alone = {"X": [[1]], "y": [1], "V31": [[-1]], "K13": [[1]], "n": 1, "w": [0]}
    ids = parts("general-blocks", "fixed-point", "bias")
    yield Stored(ids, "V_{31}", alone | {"V31": [[0]]})
    yield Stored(ids, "$S$ is inv", alone | {"X": [[0]]})
    yield Stored(ids, "K_{13}", alone | {"K13": [[0]]})
    skew, nothing = {"Sigma": [[6, 0], [0, -1]], "n": 1, "kappa": 1}, {"Sigma": [[0, 0], [0, 0]], "n": 1, "kappa": 1}
    best = parts("population-optimum", "V31", "joint-V31", "joint-K13")
    blocks: tuple[dict[str, Any], ...] = ({}, {"K13": EYE}, {"V31": EYE})
    for id_, given in zip(best, blocks, strict=True):
        yield Stored((id_,), r"$\Sigma \succeq 0$", skew | given)
    for id_, given in zip(best, blocks, strict=True):
        zero = skew | {"Sigma": EYE, "V31": [[0, 0], [0, 0]]} if id_.endswith("K13") else nothing | given
        yield Stored((id_,), "is invertible", zero)
    defect = ("population-optimum.key-defect",)
    yield Stored(defect, r"\succeq 0", {"Sigma": [[1, 0], [0, -1]], "n": 1})
    yield Stored(defect, "is invertible", {"Sigma": [[1, 0], [0, 0]], "n": 1})


def _trained() -> Iterator[Stored]:
    # A cubic leak, w + w^3, on the ball of radius 1; the iterate leaves it, or the step from it does.
    silent: dict[str, Any] = {name: [0] for name in ("V32", "V34", "K14", "K23", "K34", "K43")}
    cubic = silent | {
        "V31": [[0]],
        "K13": [[0]],
        "K24": 0,
        "K44": 0,
        "V33": [[1]],
        "K33": [[1]],
        "X": [[1]],
        "y": [0],
        "n": 1,
        "r": 1,
    }
    bounds = parts("trained-layer", "slope-bound", "curvature")
    yield Stored(bounds, r"$\lVert w\rVert_\infty", cubic | {"w": [2], "h": [-1]})
    yield Stored(bounds[1:], "h + w", cubic | {"w": [1], "h": [1]})
    free = parts("free-layer-optimum", "least", "excess", "forgetful")
    nothing = {"Sigma": [[0]], "n": 1, "kappa": 1}
    yield Stored(free[:1], r"\Sigma", {"Sigma": [[6, 0], [0, -1]], "n": 1})
    yield Stored(free[2:], r"\Sigma", {"Sigma": [[10, 0], [0, -29]], "n": 1, "kappa": 1})
    yield Stored((free[0], free[2]), "is invertible", nothing)
    yield Stored(free[1:2], "is invertible", {"Sigma": [[1, 0], [0, -3]], "n": 1, "Y": EYE})
    turned = {"V31_W": [[-2]], "V31_U": [[-2]], "K13_W": [[1]], "K13_U": [[1]]}
    yield Stored(parts("trained-plateau", "w", "u"), "is inv", two(1, 1, **turned))
    slopes: dict[str, Any] = {"J_W": [[1]], "J_U": [[1]], "D_W": [[0]], "D_U": [[0]], "lam_W": 0, "lam_U": 0}
    yield Stored(("trained-plateau.slope",), r"\lambda_W", slopes | {"D_W": [[1]]})
    yield Stored(("trained-plateau.slope",), r"\lambda_U", slopes | {"D_U": [[1]]})
    # Agents on the example 1/10 with step 1: leakage 1/100 in each takes the smallest eigenvalue away.
    near = {"J_W": [[Fraction(99, 100)]], "J_U": [[Fraction(99, 100)]], "residual": [Fraction(3, 100)]}
    shift = ("trained-plateau.shift",)
    yield Stored(shift, r"\mu\lambda", near | {"lam": Fraction(199, 10000), "remainder": [0]})
    yield Stored(shift, r"\varepsilon", near | {"lam": 0, "remainder": [1]})


STORED: tuple[Stored, ...] = (
    *_one_agent(),
    *_dynamics(),
    *_small_steps(),
    *_misalignment(),
    *_convergence(),
    *_attacks(),
    *_helpers(),
    *_trained(),
)
