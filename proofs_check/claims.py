"""Statements that are false as they stand: claims of the paper, natural readings of them, careless steps.

Each names the theorem that has the missing hypothesis; `proofs_check.counterexamples` computes why it is needed.
"""

from __future__ import annotations

from proofs_check import counterexamples as examples
from proofs_check.ledger import Claim

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "monotone-degradation",
        "The degradation grows with the misalignment of the targets.",
        "arXiv:2511.08710",
        "monotone-in-angle",
        examples.angle,
        "X_W = diag(1,1/2), X_U = diag(1/2,1), eta = 1: |e_inf|^2 is 50/81 at 90 degrees, 4/81 at 180",
    ),
    Claim(
        "nearly-isotropic",
        "In nearly isotropic geometries the degradation grows with the angle up to 180 degrees.",
        "reading of arXiv:2511.08710",
        "monotone-in-angle",
        examples.nearly_isotropic,
        "S_U off the identity by 1/10: rotating in one of the two senses, |e_inf| falls before 180 degrees (b < 0)",
    ),
    Claim(
        "misalignment-biases-both",
        "With different objectives neither agent reaches its target.",
        "arXiv:2511.08710",
        "neither-wins",
        examples.one_wins,
        "eta_W S_W = 1, eta_U S_U = 1/2: W ends exactly on its target (A is not invertible)",
    ),
    Claim(
        "always-an-equilibrium",
        "Two alternating agents have an equilibrium.",
        "reading of arXiv:2511.08710",
        "biased-equilibrium",
        examples.no_equilibrium,
        "p = q = 2, Delta = 1: every turn moves W by the same amount",
    ),
    Claim(
        "gap-and-geometry-decide",
        "The residuals depend on the gap and the two geometries only.",
        "arXiv:2511.08710",
        "singular-equilibrium",
        examples.start_matters,
        "X_W = X_U = (1, 0): the start decides the second weight, and nothing moves it",
    ),
    Claim(
        "gap-splits-exactly",
        "The two residuals split the gap: e_inf - f_inf = Delta.",
        "reading of arXiv:2511.08710; true as the steps vanish",
        "gap-is-shared",
        examples.split,
        "p = q = 1/2: e_inf - f_inf = 2/3 Delta",
    ),
    Claim(
        "residual-below-gap",
        "For steps with eta lambda_max <= 1 no residual exceeds the gap.",
        "true of commuting geometries only",
        "residual-can-exceed-gap",
        examples.across_lines,
        "x_W = (1, 0), x_U = (1, 1/10), both projecting: |e_inf| = 10, |Delta| < 1",
    ),
    Claim(
        "residual-below-gap-in-the-box",
        "For commuting geometries and stable steps (below 2/lambda_max) no residual exceeds the gap.",
        "true for steps up to 1/lambda_max",
        "residual-can-exceed-gap",
        examples.commuting,
        "p = q = 19/10: |e_inf| = 9 |Delta|",
    ),
    Claim(
        "more-examples-help",
        "An agent whose prompt gains an example keeps a smaller residual.",
        "reading of arXiv:2511.08710",
        "consensus",
        examples.more_examples,
        "x_U = (3, 3); W, who has (1, 0) and (0, 1), gains (1, 3): |e_inf| grows",
    ),
    Claim(
        "one-gap-decides-convergence",
        "For a given gap, the pair converges from every start iff the spectral radius is below 1.",
        "convergence condition, read for one gap",
        "convergence-iff",
        examples.one_gap,
        "p = q = 2, Delta = 0: AB = 1, yet every run stands still; with Delta = 1 it drifts",
    ),
    Claim(
        "closed-box-suffices",
        "Steps up to and including 2/lambda_max converge.",
        "closed version of the box",
        "step-size-box",
        examples.closed_box,
        "p = 2, q = 0: W's error changes sign for ever",
    ),
    Claim(
        "no-oscillation-in-the-box",
        "Inside the stability box the errors decay without oscillation.",
        "true for steps up to 1/lambda_max",
        "real-spectrum",
        examples.rotating,
        "X_W = diag(1,2), eta_W = 3/4, X_U = (1,1;1,0), eta_U = 4/3: a turn has complex eigenvalues",
    ),
    Claim(
        "both-must-be-stable",
        "A pair with an agent that diverges alone diverges.",
        "converse of the box",
        "box-not-necessary",
        examples.diverging_member,
        "p = 5/2, q = 9/10: (1 - p)(1 - q) = -3/20",
    ),
    Claim(
        "training-stabilises",
        "The learned step n/(n+d+1) lies inside the stability box.",
        "true in the limit of large n and d",
        "trained-step-is-stable",
        examples.trained_step,
        "n = d = 1, eta = 1/3, example x = 3: eta S = 3 > 2",
    ),
    Claim(
        "alone-means-unbiased",
        "An LSA agent alone reaches the target of its prompt.",
        "reading of arXiv:2511.08710; true for K13 = I",
        "general-blocks",
        examples.biased_alone,
        "V31 = -1/4, K13 = 2, target 1: it rests at 1/2",
    ),
)
