"""What a statement goes back to. The body of the source paper was not at hand: its abstracts and two summaries were.

A theorem in exact form, for finite steps, is this project's; it names an abstract where that claims as much in words.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ABSTRACTS",
    "ABSTRACTS_1_3",
    "ABSTRACTS_2_3",
    "ABSTRACT_1",
    "ANDERSON_DUFFIN",
    "ARONSZAJN",
    "CLAIMS",
    "SOURCES",
    "SUMMARY",
    "THIS",
    "VON_NEUMANN",
    "PaperClaim",
]

ABSTRACTS = "arXiv:2511.08710, abstract of versions 1 to 3"
ABSTRACT_1 = "arXiv:2511.08710, abstract of version 1"
ABSTRACTS_1_3 = "arXiv:2511.08710, abstract of versions 1 and 3"
ABSTRACTS_2_3 = "arXiv:2511.08710, abstract of versions 2 and 3"
SUMMARY = "a summary of arXiv:2511.08710 by others"
THIS = "this project"
ANDERSON_DUFFIN = "Anderson and Duffin (1969)"
ARONSZAJN = "N. Aronszajn (1950)"
VON_NEUMANN = "J. von Neumann (1950)"

#: All of them, the paper's own words first.
SOURCES = (ABSTRACTS, ABSTRACT_1, ABSTRACTS_1_3, ABSTRACTS_2_3, SUMMARY, ANDERSON_DUFFIN, ARONSZAJN, VON_NEUMANN, THIS)


@dataclass(frozen=True)
class PaperClaim:
    """What the paper claims, where that is said, and the theorems here that are about it.

    Attributes
    ----------
    id : str
        ``C1``, ``C2``, ...
    says : str
        The claim, in our words.
    source : str
        The text that makes it.
    statements : tuple of str
        Ids of theorems.
    """

    id: str
    says: str
    source: str
    statements: tuple[str, ...]


#: The paper's claims, as far as its abstracts and the summaries tell them.
CLAIMS = (
    PaperClaim(
        "C1",
        "an agent is a layer of linear self-attention that does a gradient-descent-like step on a quadratic objective",
        ABSTRACTS,
        ("lsa-step", "inert-history", "label-noise"),
    ),
    PaperClaim(
        "C2",
        "two agents alternate, each from the other's output, towards different fixed objectives",
        ABSTRACTS,
        ("error-recursion", "closed-form"),
    ),
    PaperClaim(
        "C3",
        "misalignment gives a biased equilibrium at which neither agent reaches its target",
        ABSTRACTS,
        ("biased-equilibrium", "neither-wins"),
    ),
    PaperClaim(
        "C4",
        "the residual errors follow from the gap and from the geometry of the prompts",
        ABSTRACTS,
        ("biased-equilibrium", "singular-equilibrium", "small-step", "linear-in-gap"),
    ),
    PaperClaim(
        "C5",
        "the degradation grows monotonically with the misalignment",
        SUMMARY,
        ("linear-in-gap", "monotone-in-angle", "not-always-monotone"),
    ),
    PaperClaim(
        "C6",
        "asymmetric convergence: one agent arrives, the other keeps a bias",
        ABSTRACTS_1_3,
        ("one-sided-iff", "kernel-condition", "deadbeat", "victim-bias"),
    ),
    PaperClaim(
        "C7",
        "an algorithm that provably gives one-sided success to an attacker",
        ABSTRACT_1,
        ("label-attack", "impossibility", "one-example-attack", "blind-attack"),
    ),
    PaperClaim(
        "C7'",
        "the attack is a first-order algorithm, a differentiable optimisation of the prompt",
        SUMMARY,
        ("gradient-attack",),
    ),
    PaperClaim(
        "C8",
        "a helper that changes its objective every turn gives the main agent a Newton-like step",
        ABSTRACTS_2_3,
        ("newton-helper", "plateau-removed", "rank-limited", "inexact-helper"),
    ),
    PaperClaim(
        "C9",
        "trained agents agree with the theory",
        ABSTRACTS,
        ("population-optimum", "free-layer-optimum", "trained-layer", "trained-plateau"),
    ),
    PaperClaim("C10", "black-box language-model agents agree with the theory", ABSTRACTS, ()),
)
