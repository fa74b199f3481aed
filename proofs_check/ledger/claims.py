"""Statements that are false as they stand: claims of the paper, natural readings of them, careless steps.

Each names the theorem that has the missing hypothesis; `proofs_check.instruments.agents` computes why it is needed.
"""

from __future__ import annotations

from proofs_check.evidence.theorem import Claim
from proofs_check.families import trained_pair as trained_examples
from proofs_check.families.asymmetry import attack_spares, blind_victim_with_noise
from proofs_check.families.blind_attack import gain_two, steep_attacker
from proofs_check.families.consensus import more_examples
from proofs_check.families.convergence import closed_box, diverging_member, one_gap, rotating
from proofs_check.families.detection import honest_agent_rests_elsewhere, twin_transcripts
from proofs_check.families.equilibrium import no_equilibrium, one_wins, split, start_matters
from proofs_check.families.helper_estimates import helper_destabilises, one_answer_more
from proofs_check.families.misalignment import across_lines, angle, commuting, nearly_isotropic
from proofs_check.families.newton_helper import helper_hurts, partly_spanned
from proofs_check.families.one_agent import biased_alone
from proofs_check.families.population import trained_step
from proofs_check.families.trained_optimum import forgetting

__all__ = ["CLAIMS"]

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "monotone-degradation",
        "The degradation grows with the misalignment of the targets.",
        "arXiv:2511.08710",
        "monotone-in-angle",
        angle,
        "X_W = diag(1,1/2), X_U = diag(1/2,1), eta = 1: |e_inf|^2 is 50/81 at 90 degrees, 4/81 at 180",
    ),
    Claim(
        "nearly-isotropic",
        "In nearly isotropic geometries the degradation grows with the angle up to 180 degrees.",
        "reading of arXiv:2511.08710",
        "monotone-in-angle",
        nearly_isotropic,
        "S_U off the identity by 1/10: rotating in one of the two senses, |e_inf| falls before 180 degrees (b < 0)",
    ),
    Claim(
        "misalignment-biases-both",
        "With different objectives neither agent reaches its target.",
        "arXiv:2511.08710",
        "neither-wins",
        one_wins,
        "eta_W S_W = 1, eta_U S_U = 1/2: W ends exactly on its target (A is not invertible)",
    ),
    Claim(
        "always-an-equilibrium",
        "Two alternating agents have an equilibrium.",
        "reading of arXiv:2511.08710",
        "biased-equilibrium",
        no_equilibrium,
        "p = q = 2, Delta = 1: every turn moves W by the same amount",
    ),
    Claim(
        "gap-and-geometry-decide",
        "The residuals depend on the gap and the two geometries only.",
        "arXiv:2511.08710",
        "singular-equilibrium",
        start_matters,
        "X_W = X_U = (1, 0): the start decides the second weight, and nothing moves it",
    ),
    Claim(
        "gap-splits-exactly",
        "The two residuals split the gap: e_inf - f_inf = Delta.",
        "reading of arXiv:2511.08710; true as the steps vanish",
        "gap-is-shared",
        split,
        "p = q = 1/2: e_inf - f_inf = 2/3 Delta",
    ),
    Claim(
        "residual-below-gap",
        "For steps with eta lambda_max <= 1 no residual exceeds the gap.",
        "true of commuting geometries only",
        "residual-can-exceed-gap",
        across_lines,
        "x_W = (1, 0), x_U = (1, 1/10), both projecting: |e_inf| = 10, |Delta| < 1",
    ),
    Claim(
        "residual-below-gap-in-the-box",
        "For commuting geometries and stable steps (below 2/lambda_max) no residual exceeds the gap.",
        "true for steps up to 1/lambda_max",
        "residual-can-exceed-gap",
        commuting,
        "p = q = 19/10: |e_inf| = 9 |Delta|",
    ),
    Claim(
        "more-examples-help",
        "An agent whose prompt gains an example keeps a smaller residual.",
        "reading of arXiv:2511.08710",
        "consensus",
        more_examples,
        "x_U = (3, 3); W, who has (1, 0) and (0, 1), gains (1, 3): |e_inf| grows",
    ),
    Claim(
        "one-gap-decides-convergence",
        "For a given gap, the pair converges from every start iff the spectral radius is below 1.",
        "convergence condition, read for one gap",
        "convergence-iff",
        one_gap,
        "p = q = 2, Delta = 0: AB = 1, yet every run stands still; with Delta = 1 it drifts",
    ),
    Claim(
        "closed-box-suffices",
        "Steps up to and including 2/lambda_max converge.",
        "closed version of the box",
        "step-size-box",
        closed_box,
        "p = 2, q = 0: W's error changes sign for ever",
    ),
    Claim(
        "no-oscillation-in-the-box",
        "Inside the stability box the errors decay without oscillation.",
        "true for steps up to 1/lambda_max",
        "real-spectrum",
        rotating,
        "X_W = diag(1,2), eta_W = 3/4, X_U = (1,1;1,0), eta_U = 4/3: a turn has complex eigenvalues",
    ),
    Claim(
        "both-must-be-stable",
        "A pair with an agent that diverges alone diverges.",
        "converse of the box",
        "box-not-necessary",
        diverging_member,
        "p = 5/2, q = 9/10: (1 - p)(1 - q) = -3/20",
    ),
    Claim(
        "training-stabilises",
        "The learned step n/(n+d+1) lies inside the stability box.",
        "true in the limit of large n and d",
        "trained-step-is-stable",
        trained_step,
        "n = d = 1, eta = 1/3, example x = 3: eta S = 3 > 2",
    ),
    Claim(
        "alone-means-unbiased",
        "An LSA agent alone reaches the target of its prompt.",
        "reading of arXiv:2511.08710; true for K13 = I",
        "general-blocks",
        biased_alone,
        "V31 = -1/4, K13 = 2, target 1: it rests at 1/2",
    ),
    Claim(
        "transcripts-tell-attackers",
        "From a transcript alone a victim can tell an attacker with a fixed declared target from an honest agent.",
        "reading of arXiv:2511.08710",
        "detection",
        twin_transcripts,
        "p = q = 1/2, u* = 1, goal 0: the attacker declares -1/2 and plays like an honest agent with that target",
    ),
    Claim(
        "resting-elsewhere-betrays",
        "An agent that comes to rest away from the target it declares is an attacker.",
        "reading of arXiv:2511.08710",
        "detection",
        honest_agent_rests_elsewhere,
        "p = q = 1/2, targets 0 and 1: the honest agent rests at 1/3",
    ),
    Claim(
        "blind-victim-sees-no-loss",
        "A victim whose prompt is blind to the gap ends with zero loss on its own examples.",
        "true of labels that fit",
        "kernel-condition",
        blind_victim_with_noise,
        "x_U = (1, 0) twice with labels 0 and 2: the loss at rest is 1/2, the least of its prompt",
    ),
    Claim(
        "attacks-harm",
        "A successful attack leaves the victim worse off than an honest agent would.",
        "reading of arXiv:2511.08710",
        "victim-bias",
        attack_spares,
        "p = q = 19/10: the victim misses its target by 9 beside an honest agent, by 9/10 beside the attacker",
    ),
    Claim(
        "blind-attack-in-the-box",
        "A blind attack with gain 1 wins for every stable step of the attacker (0 < P < 2I).",
        "true for steps up to 1/lambda_max",
        "blind-attack",
        steep_attacker,
        "p = 3/2, b = 9/10: the joint map has trace -19/20 and determinant -9/20, so an eigenvalue below -1",
    ),
    Claim(
        "blind-attack-any-gain",
        "A blind attack wins with any gain up to and including 2.",
        "closed version of the bound",
        "blind-attack",
        gain_two,
        "p = 1/2, q = 2, gain 2: a part of the attacker's error changes sign for ever",
    ),
    Claim(
        "blind-helper-in-m-plus-1",
        "A helper that sees only the transcript finishes within m + 1 turns.",
        "true of m + 1 answers; the error is zero a turn later",
        "blind-helper",
        one_answer_more,
        "m = 1: p = 1/2, w* = 2 and p = 1/4, w* = 4 answer 0 alike, with 1, but need different moves next",
    ),
    Claim(
        "partial-helper-removes-its-part",
        "A helper that spans only a part removes the error along what it spans.",
        "true where its span contains, or is orthogonal to, the main agent's",
        "rank-limited",
        partly_spanned,
        "x_W = (1, 0), x_U = (1, 1): from (1, 0) a full step of the helper ends at (1/2, -1/2)",
    ),
    Claim(
        "help-never-hurts",
        "A turn with a Newton helper of any rank ends no farther from the target than a move of W alone.",
        "true of the helper's own move",
        "rank-limited",
        helper_hurts,
        "P = diag(1, 1/4), x_U = (1, 1): alone W is done after one move, helped it is not",
    ),
    Claim(
        "rough-estimates-help",
        "A Newton helper with a rough estimate of the geometry keeps a converging main agent converging.",
        "true if alpha S_W <= 2 S^",
        "inexact-helper",
        helper_destabilises,
        "p = 1/4, S^ = S_W/3: every turn multiplies the error by -3/2",
    ),
    Claim(
        "training-finds-the-step",
        "A full layer trained to predict the target, from starts independent of it, becomes a gradient step.",
        "reading of arXiv:2511.08710; true of displaced targets, and among layers with V31, K13 and K24 alone",
        "free-layer-optimum",
        forgetting,
        "n = d = 1: the step 1/3 loses 4/3, a layer whose self attention cancels the iterate 2/3",
    ),
    Claim(
        "little-leakage-little-shift",
        "A little leakage moves the plateau a little.",
        "true where mu lambda < 1",
        "trained-plateau",
        trained_examples.drifting,
        "x = 1/10, eta = 1, V33 K44 = 1/100: the turn has slope 1, and W moves by 3/100 every turn",
    ),
    Claim(
        "trained-pairs-converge-from-anywhere",
        "A trained pair that converges does so from every start.",
        "true of ideal layers",
        "trained-plateau",
        trained_examples.escaping,
        "eta = 1/2, V33 K33 = 1/100: from 1 the state is at least halved every turn, from 10 at least doubled",
    ),
)
