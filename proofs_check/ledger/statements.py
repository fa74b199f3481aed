"""What is certified about each theorem: which lines, from which hypotheses, and what is left to words."""

from __future__ import annotations

from typing import Any

from proofs_check.proving.specification import Root, Spec, Sum

__all__ = ["PARTIAL", "SPECS", "WORDS"]

RECURSION = {"e": "e_next = A B e_t + A Q Delta", "f": "f_next = B A f_t - B P Delta"}
HYPOTHESIS = "the hypothesis of the induction"
SQUARE = "a positive semidefinite matrix is a square X' X"
INDUCTION = "induction on t from the two statements above"

ROOT_LETTERS = {"X": "x <- d", "Y": "y <- d"}
ROOTS = {"P >= 0": "P = X' X", "Q >= 0": "Q = Y' Y"}
AT_REST = (
    "V31 S K13 w_fix = V31 b",
    "V31_inv V31 S K13 w_fix = V31_inv V31 b",
    "S_inv S K13 w_fix = S_inv b",
    "K13_inv K13 w_fix = K13_inv S_inv b",
)
REMAINS = {
    e: f"(H - eta_W {k}) ({e}_inf - s{e}_k) = eta_W eta_W eta_W_to_the_order_minus_1 {k} {e}_order_k"
    for e, k in (("e", "K"), ("f", "K_T"))
}
BOX = {"P >= 0": "P >= 0", "P below 2": "2 - P >= 0", "Q >= 0": "Q >= 0", "Q below 2": "2 - Q >= 0"}
CONTRACTION = Sum(
    "1 - B A A B >= 0",
    (
        ("1/2", ("Q below 2",), "Q"),
        ("1/2", ("Q >= 0",), "2 - Q"),
        ("1/2", ("P below 2",), "P B"),
        ("1/2", ("P >= 0",), "(2 - P) B"),
    ),
)
CONTRACTS = "one turn contracts off the common kernel, so that ker M = ker N is the common kernel"
ENERGY = "S_W - (1 - alpha S_W S_hat_inv) A S_W A (1 - alpha S_hat_inv S_W) >= 0"
_PARALLEL: dict[str, Any] = {
    "prose": (SQUARE,),
    "letters": ROOT_LETTERS,
    "scalars": ("rho_sqrt",),
    "when": {"S_W >= 0 ": "S_W = X' X", "S_U >= 0 ": "S_U = Y' Y", "rho > 0 ": "rho_sqrt rho_sqrt = rho"},
    "lines": (
        "H (1 - H_plus H) = 0",
        Root(("X - X H_plus H", "rho_sqrt Y - rho_sqrt Y H_plus H")),
        "S_W H_plus H = S_W",
        "H H_plus S_W = S_W",
    ),
}
_MOVES: dict[str, Any] = {
    "prose": (SQUARE,),
    "when": ROOTS,
    "letters": ROOT_LETTERS,
    "lines": (
        "(P + Q) Pi = 0",
        Root(("X Pi", "Y Pi")),
        Root(("Y Pi", "X Pi")),
        "P Pi = 0",
        "Q Pi = 0",
    ),
}

_T = "gamma_p_minus_1_minus_p_inv"
_W = "one_plus_2_p_plus_p_p_plus_gamma_gamma_p_p_minus_2_gamma_p_minus_2_gamma_p_p_inv"
GAINS = {"p > 0": "p > 0", "p <= 1": "1 - p >= 0", "gamma < 2": "2 - gamma > 0"}
DENOMINATOR = Sum("1 + p - gamma p > 0", (("1", ("p <= 1",), "1"), ("1", ("p > 0", "gamma < 2"), "1")), "denominator")
CUBIC = "angle_c + 2 angle_a x x - angle_c x x - 3 angle_b x + angle_b x x x >= 0"


def _divided(e: str, k: str, pull: str) -> dict[str, Any]:
    """The fixed-point equation, divided by the step size."""
    return {
        "scalars": ("eta_W_inv",),
        "when": {"a positive step": "eta_W eta_W_inv = 1"},
        "lines": (
            f"eta_W (H - eta_W {k}) {e}_inf = eta_W {pull} Delta",
            f"eta_W_inv eta_W (H - eta_W {k}) {e}_inf = eta_W_inv eta_W {pull} Delta",
            f"(H - eta_W {k}) {e}_inf = {pull} Delta",
        ),
    }


SPECS: dict[str, tuple[Spec, ...]] = {
    "lsa-step": (
        Spec("lsa-step"),
        Spec(
            "lsa-step.gradient",
            "1/2 n_inv ((h' + w') X' - y') (X (h + w) - y) - 1/2 n_inv (w' X' - y') (X w - y) "
            "= (w' S - b') h + 1/2 h' S h",
            when={
                "transposed": "h' X' y = y' X h",
                "transposed too": "w' X' y = y' X w",
                "and too": "h' X' X w = w' X' X h",
            },
            prose=("a number is its own transpose", "the gradient is what is linear in h"),
        ),
    ),
    "inert-history": (Spec("inert-history", prose=("the right-hand side does not contain the earlier iterates",)),),
    "label-noise": (
        Spec("label-noise.target", "S w_target = b", lines=("X' X = n S", Root(("X - X S_pinv' S",)))),
        Spec("label-noise.gradient", lines=("X' X = n S", Root(("X - X S_pinv' S",)), "S w_target = b")),
    ),
    "general-blocks": (
        Spec("general-blocks.update"),
        Spec("general-blocks.fixed-point", lines=AT_REST),
        Spec("general-blocks.bias", lines=AT_REST),
    ),
    "error-recursion": (Spec("error-recursion.e"), Spec("error-recursion.f")),
    "role-swap": (
        Spec(
            "role-swap.f",
            "f_next = B A f_t + B P (-Delta)",
            prose=("error-recursion.e with P and Q, A and B, Delta and -Delta exchanged reads like this",),
        ),
    ),
    "closed-form": tuple(
        spec
        for e, ab, target in (("e", "A_B", "w_star"), ("f", "B_A", "u_star"))
        for spec in (
            Spec(f"closed-form.{e}", f"{e}_inf + ({e}_0 - {e}_inf) = {e}_0", "base"),
            Spec(
                f"closed-form.{e}",
                f"{e}_next = {ab.replace('_', ' ')} {ab}_to_the_t ({e}_0 - {e}_inf) + {e}_inf",
                "step",
                uses={RECURSION[e]: f"error-recursion.{e}"},
                argued={f"{e}_t = {ab}_to_the_t ({e}_0 - {e}_inf) + {e}_inf": HYPOTHESIS},
            ),
            Spec(
                f"closed-form.{e}",
                argued={f"{e}_t = {ab}_to_the_t ({e}_0 - {e}_inf) + {e}_inf": INDUCTION},
                hints=True,
            ),
        )
    ),
    "frozen-kernel": (
        Spec(
            "frozen-kernel.projector",
            "P Pi = 0",
            "W",
            when=ROOTS,
            letters=ROOT_LETTERS,
            lines=("(P + Q) Pi = 0", Root(("X Pi", "Y Pi"))),
            prose=(SQUARE,),
        ),
        Spec(
            "frozen-kernel.projector",
            "Q Pi = 0",
            "U",
            when=ROOTS,
            letters=ROOT_LETTERS,
            lines=("(P + Q) Pi = 0", Root(("Y Pi", "X Pi"))),
            prose=(SQUARE,),
        ),
        Spec("frozen-kernel.e", **_MOVES, hints=True),
        Spec(
            "frozen-kernel.e",
            "Pi A B = A B Pi",
            "complement",
            letters=_MOVES["letters"] | {"A": "d <- d", "B": "d <- d"},
            symmetric=("A", "B"),
            when=_MOVES["when"] | {"A": "A = 1 - P", "B": "B = 1 - Q"},
            lines=(*_MOVES["lines"], "B Pi = Pi", "A B Pi = Pi", "Pi A = Pi", "Pi A B = Pi"),
            prose=(SQUARE,),
        ),
    ),
    "biased-equilibrium": (
        *(Spec(f"biased-equilibrium.{part}") for part in ("e", "f", "e-dual", "e-coupling", "f-coupling")),
        Spec(
            "biased-equilibrium.e",
            "u_there - P (u_there - w_star) = there",
            "exists",
            letters={"there": "d <- 1", "u_there": "d <- 1"},
            when={
                "the claimed state": "there = w_star + M_inv A Q Delta",
                "U's move from there": "u_there = there - Q (there - u_star)",
            },
        ),
        *(
            Spec("biased-equilibrium.f", claim, f"N invertible, {side}", lines=("N B = B M", "A N = M A"))
            for claim, side in (("N (1 + B M_inv A) = 1", "right"), ("(1 + B M_inv A) N = 1", "left"))
        ),
    ),
    "gap-is-shared": (
        Spec("gap-is-shared"),
        Spec("gap-is-shared.small-step", prose=("the residuals tend to these terms as the steps vanish: small-step",)),
    ),
    "neither-wins": tuple(
        Spec(f"neither-wins.{e}", prose=("a pull that is not zero cannot come from a residual that is",)) for e in "ef"
    ),
    "small-step": tuple(
        spec
        for e, k, pull in (("e", "K", "(rho S_U - eta_W K)"), ("f", "K_T", "(eta_W K_T - S_W)"))
        for spec in (
            Spec(f"small-step.{e}0", f"(H - eta_W {k}) {e}_inf = {pull} Delta", **_divided(e, k, pull)),
            Spec(f"small-step.{e}1"),
            Spec(f"small-step.{e}2"),
            Spec(f"small-step.{e}k"),
            Spec(
                f"small-step.{e}-remainder",
                f"(H - eta_W {k}) ({e}_inf - {e}_order_0 - eta_W {e}_order_1) = eta_W eta_W {k} {e}_order_1",
                "base",
                hints=True,
                **_divided(e, k, pull),
            ),
            Spec(
                f"small-step.{e}-bound",
                f"(H - eta_W {k}) ({e}_inf - more) "
                f"= eta_W eta_W eta_W eta_W_to_the_order_minus_1 {k} {e}_order_k_plus_1",
                "step",
                letters={"more": "d <- 1"},
                when={"one term more": f"more = s{e}_k + eta_W eta_W eta_W_to_the_order_minus_1 {e}_order_k_plus_1"},
                argued={REMAINS[e]: HYPOTHESIS},
                prose=("the norm of the remainder, by the Neumann series",),
                hints=True,
            ),
            Spec(
                f"small-step.{e}-remainder",
                argued={REMAINS[e]: "induction on the order from the two statements above"},
                hints=True,
            ),
        )
    ),
    "consensus": (
        Spec("consensus.point", hints=True, prose=("small steps end near this point: small-step",)),
        Spec(
            "consensus.point",
            "(1/2 h' + 1/2 w_bar' - 1/2 w_star') S_W (h + w_bar - w_star) "
            "+ 1/2 rho (h' + w_bar' - u_star') S_U (h + w_bar - u_star) "
            "- (1/2 w_bar' - 1/2 w_star') S_W (w_bar - w_star) "
            "- 1/2 rho (w_bar' - u_star') S_U (w_bar - u_star) = 1/2 h' H h",
            "minimum",
            when={
                "transposed": "h' S_W (w_bar - w_star) = (w_bar' - w_star') S_W h",
                "transposed too": "h' S_U (w_bar - u_star) = (w_bar' - u_star') S_U h",
            },
            lines=("S_W (w_bar - w_star) = -rho S_U (w_bar - u_star)",),
            prose=("a number is its own transpose", "H is positive definite, so the point is the only minimiser"),
        ),
        Spec(
            "consensus.value",
            **(
                _PARALLEL
                | {
                    "lines": (
                        *_PARALLEL["lines"],
                        "rho H H_plus S_U = rho S_U",
                        "H H_plus S_U = S_U",
                        "rho S_U H_plus S_U = S_U - S_W H_plus S_U",
                        "w_bar - w_star = rho H_plus S_U Delta",
                        "w_bar - u_star = rho H_plus S_U Delta - Delta",
                        "D = 1/2 rho rho Delta' S_U H_plus S_W H_plus S_U Delta "
                        "+ 1/2 rho (rho Delta' S_U H_plus - Delta') S_U (rho H_plus S_U Delta - Delta)",
                    )
                }
            ),
        ),
        Spec("consensus.parallel-sum", "S_W - S_W H_plus S_W = rho S_U H_plus S_W", "symmetric", **_PARALLEL),
        Spec(
            "consensus.parallel-sum",
            "C >= 0",
            positive={"rho > 0": "rho >= 0", "S_W >= 0": "S_W >= 0", "S_U >= 0": "S_U >= 0"},
            **(
                _PARALLEL
                | {
                    "lines": (
                        *_PARALLEL["lines"],
                        "C = S_W - S_W H_plus S_W",
                        Sum(
                            "C >= 0",
                            (("1", ("S_W >= 0",), "1 - H_plus S_W"), ("1", ("rho > 0", "S_U >= 0"), "H_plus S_W")),
                        ),
                    )
                }
            ),
        ),
        Spec("consensus.increase"),
        Spec(
            "consensus.increase",
            "C_more - C >= 0",
            "order",
            positive={"rho > 0": "rho >= 0", "S_W >= 0": "S_W >= 0", "S_U >= 0": "S_U >= 0", "E >= 0": "E >= 0"},
            lines=(
                "C_more - C = rho rho S_U H_more_inv (E H_inv E + E) H_more_inv S_U",
                "H_more_inv' H_more H_more_inv = H_more_inv",
                "H_more_inv' H_more H_more_inv = H_more_inv'",
                "H_inv' H H_inv = H_inv",
                "H_inv' H H_inv = H_inv'",
                "H_more_inv = H_more_inv'",
                "H_inv = H_inv'",
                Sum(
                    "C_more - C >= 0",
                    (
                        ("1", ("E >= 0",), "rho H_more_inv S_U"),
                        ("1", ("S_W >= 0",), "rho H_inv E H_more_inv S_U"),
                        ("1", ("rho > 0", "S_U >= 0"), "rho H_inv E H_more_inv S_U"),
                    ),
                ),
            ),
        ),
    ),
    "linear-in-gap": (
        Spec("linear-in-gap.e"),
        *(
            Spec(
                f"linear-in-gap.{which}",
                claim,
                "order",
                scalars=("sigma",),
                positive={"singular value": bound},
                lines=("e_inf = G Delta", Sum(claim, (("1", ("singular value",), "Delta"),))),
                prose=(f"sigma^2 is the {extreme} eigenvalue of G' G",),
            )
            for which, bound, claim, extreme in (
                (
                    "lower",
                    "G' G - sigma sigma >= 0",
                    "e_inf' e_inf - sigma sigma Delta' Delta >= 0",
                    "least",
                ),
                (
                    "upper",
                    "sigma sigma - G' G >= 0",
                    "sigma sigma Delta' Delta - e_inf' e_inf >= 0",
                    "largest",
                ),
            )
        ),
    ),
    "step-size-box": (
        Spec("step-size-box.identity"),
        Spec("step-size-box.identity", "1 - B A A B >= 0", "order", positive=BOX, lines=(CONTRACTION,)),
        Spec(
            "step-size-box",
            "P x = 0",
            "equality",
            letters={
                "x": "d <- 1",
                "X": "x <- d",
                "Y": "y <- d",
                "Z": "x <- x",
                "Z_inv": "x <- x",
                "V": "y <- y",
                "V_inv": "y <- y",
            },
            when={
                "P >= 0": "P = X' X",
                "Q >= 0": "Q = Y' Y",
                "P below 2": "2 - X X' = Z' Z",
                "strictly": "Z_inv Z = 1",
                "Q below 2": "2 - Y Y' = V' V",
                "strictly too": "V_inv V = 1",
                "no loss": "(1 - B A A B) x = 0",
            },
            lines=(
                "1 - B A A B = Q (2 - Q) + B P (2 - P) B",
                "x' (1 - B A A B) x = 0",
                "x' (Q (2 - Q) + B P (2 - P) B) x = 0",
                "Y' V' V Y = Q (2 - Q)",
                "X' Z' Z X = P (2 - P)",
                Root(("V Y x", "Z X B x")),
                "V_inv V Y x = 0",
                "Y x = 0",
                "Q x = 0",
                "B x = x",
                Root(("Z X B x", "V Y x")),
                "Z_inv Z X B x = 0",
                "X B x = 0",
                "X x = 0",
                "X' X x = 0",
            ),
            prose=(
                SQUARE,
                "Y Y' and Y' Y have the same non-zero eigenvalues, so 2 - Y Y' is positive definite where 2 - Q is",
                "a vector that loses nothing lies in the common kernel: one turn contracts strictly off it, and a "
                "strict contraction of a finite-dimensional space converges",
            ),
        ),
    ),
    "real-spectrum": (
        Spec(
            "real-spectrum.interval",
            "R B R >= 0",
            positive={"B >= 0": "B >= 0"},
            lines=(Sum("R B R >= 0", (("1", ("B >= 0",), "R"),)),),
        ),
        Spec(
            "real-spectrum.interval",
            "1 - R B R >= 0",
            "upper",
            positive={"P >= 0": "P >= 0", "Q >= 0": "Q >= 0"},
            lines=(Sum("1 - R B R >= 0", (("1", ("P >= 0",), "1"), ("1", ("Q >= 0",), "R"))),),
            prose=("A B = R (R B) and R B R = (R B) R have the same spectrum, and R B R is symmetric",),
        ),
        Spec(
            "real-spectrum",
            "A B R = R (R B R)",
            "similar",
            prose=("A positive semidefinite matrix has a symmetric square root",),
        ),
    ),
    "one-sided-iff": tuple(
        spec
        for e, m, push in (("e", "M", "A Q Delta"), ("f", "N", "-B P Delta"))
        for spec in (
            Spec(f"one-sided-iff.{e}-push", f"{push} = {m} (1 - Pi) {e}_inf", **_MOVES),
            Spec(
                f"one-sided-iff.{e}",
                f"{push} = 0",
                when=ROOTS | {"success": f"(1 - Pi) {e}_inf = 0"},
                letters=ROOT_LETTERS,
                lines=(*_MOVES["lines"], f"{push} = {m} (1 - Pi) {e}_inf"),
                prose=(SQUARE,),
            ),
            Spec(
                f"one-sided-iff.{e}",
                f"(1 - Pi) {e}_inf = 0",
                "conversely",
                when={"no push": f"{push} = 0"},
                argued={f"{m}_pinv {m} = 1 - Pi": CONTRACTS},
                lines=(f"{m} {e}_inf = {push}", f"{m}_pinv {m} {e}_inf = 0"),
            ),
        )
    ),
    "kernel-condition": (
        Spec("kernel-condition.pull"),
        Spec(
            "kernel-condition",
            "S_U Delta = 0",
            scalars=("eta_U_inv",),
            when={"success": "e_inf = 0", "a positive step": "eta_U eta_U_inv = 1"},
            lines=("Q Delta = A_inv M e_inf", "Q Delta = 0", "eta_U_inv Q Delta = 0"),
        ),
        Spec(
            "kernel-condition",
            "e_inf = 0",
            "conversely",
            when={"blind to the gap": "S_U Delta = 0"},
            lines=("M e_inf = A Q Delta", "M_inv M e_inf = 0"),
        ),
        Spec(
            "kernel-condition",
            "Delta = 0",
            "alone",
            when={"blind to the gap": "S_U Delta = 0", "blind as well": "S_W Delta = 0"},
            lines=("Q Delta = 0", "P Delta = 0", "M Delta = 0", "M_inv M Delta = 0"),
            prose=("a victim that is blind to the gap is left with -Delta: victim-bias",),
        ),
        Spec(
            "kernel-condition.victim-loss",
            "victim_loss = 0",
            uses={"e_inf = 0": "kernel-condition/conversely"},
            lines=("f_inf = -B Delta", "S_U f_inf = 0"),
        ),
    ),
    "deadbeat": (Spec("deadbeat.push"),),
    "victim-bias": (Spec("victim-bias"),),
    "label-attack": (
        Spec("label-attack.e"),
        Spec("label-attack.shift", "w_next_turn = w_star"),
        Spec("label-attack.shift", "P_pinv P s_best = s_best", "least"),
        Spec("label-attack.victim"),
        Spec("label-attack.feasible", when={"success": "e_inf = 0"}),
        Spec(
            "label-attack.feasible",
            "e_inf = 0",
            "conversely",
            when={"in the range": "(1 - P P_pinv) Q Delta = 0", "the shift": "s = -P_pinv A Q Delta"},
            lines=("M e_inf = P s + A Q Delta", "P s + A Q Delta = 0", "M_inv M e_inf = 0"),
        ),
    ),
    "impossibility": (
        Spec(
            "impossibility.witness",
            "witness' e_inf = witness' witness",
            lines=(
                "T_attack' witness = 0",
                "witness' r_attack = witness' witness",
                "e_inf = T_attack s + r_attack",
            ),
        ),
        Spec(
            "impossibility.error",
            "e_inf' e_inf - witness' witness >= 0",
            "order",
            uses={"witness' e_inf = witness' witness": "impossibility.witness"},
            lines=(Sum("e_inf' e_inf - witness' witness >= 0", (("1", (), "e_inf - witness"),)),),
        ),
        Spec(
            "impossibility.error",
            "e_inf = witness",
            "attained",
            when={"the shift": "s = -T_attack_pinv r_attack"},
            lines=("e_inf = T_attack s + r_attack",),
            prose=("the norm of a vector that is not zero is positive",),
        ),
    ),
    "one-example-attack": (
        Spec(
            "one-example-attack.gram",
            "(1 - eta_W S_one) Q Delta = 0",
            prose=("for 0 < Q < 2I the pair converges: step-size-box",),
        ),
        Spec("one-example-attack.input", "eta_W S_one pull = pull"),
    ),
    "mutual-attack": (
        Spec("mutual-attack.w", "w_next_turn = w_star"),
        Spec("mutual-attack.u", "u_turn = u_star"),
    ),
    "gradient-attack": (
        Spec(
            "gradient-attack.gradient",
            "(1/2 e_inf' + 1/2 delta_y' T_labels') (T_labels delta_y + e_inf) - 1/2 e_inf' e_inf "
            "= slope' delta_y + 1/2 delta_y' T_labels' T_labels delta_y",
            "expansion",
            when={"transposed": "delta_y' T_labels' e_inf = e_inf' T_labels delta_y"},
            prose=("a number is its own transpose", "the gradient is what is linear in the change"),
        ),
        Spec("gradient-attack.gradient"),
    ),
    "blind-attack": (
        Spec("blind-attack.e"),
        Spec("blind-attack.z"),
        Spec(
            "blind-attack.corner",
            f"gamma {_T} p + {_T} p p p - 2 {_T} p - {_T} p p >= 0",
            positive=GAINS,
            lines=(
                DENOMINATOR,
                Sum(f"-{_T} >= 0", (("1", ("denominator",), _T),), "its inverse"),
                Sum(
                    f"gamma {_T} p + {_T} p p p - 2 {_T} p - {_T} p p >= 0",
                    (("1", ("its inverse", "p > 0", "gamma < 2"), "1"), ("1", ("its inverse", "p <= 1"), "p")),
                ),
            ),
        ),
        Spec(
            "blind-attack.determinant",
            f"2 {_W} p p p + gamma {_W} p p p p - gamma {_W} p p p - 2 {_W} p p p p >= 0",
            positive=GAINS,
            lines=(
                Sum(f"{_W} >= 0", (("1", (), f"{_W} (1 + p - gamma p)"),), "its inverse"),
                Sum(
                    f"2 {_W} p p p + gamma {_W} p p p p - gamma {_W} p p p - 2 {_W} p p p p >= 0",
                    (("1", ("its inverse", "p > 0", "p <= 1", "gamma < 2"), "p"),),
                ),
            ),
        ),
    ),
    "monotone-in-angle": (
        Spec(
            "monotone-in-angle.criterion",
            CUBIC,
            "sufficient",
            scalars=("x",),
            positive={
                "b >= 0": "angle_b >= 0",
                "2b <= c": "angle_c - 2 angle_b >= 0",
                "c <= 2a": "2 angle_a - angle_c >= 0",
                "x > 0": "x >= 0",
            },
            lines=(
                Sum(
                    CUBIC,
                    (
                        ("1", ("2b <= c",), "1"),
                        ("1", ("c <= 2a",), "x"),
                        ("1", ("b >= 0", "x > 0"), "x - 1"),
                        ("2", ("b >= 0",), "x - 1"),
                    ),
                ),
            ),
        ),
    ),
    "trained-step-is-stable": (
        Spec(
            "trained-step-is-stable",
            "2 >= 1 + 2 one_plus_r_inv r_sqrt",
            positive={"r > 0": "r >= 0"},
            lines=(
                Sum(
                    "one_plus_r_inv >= 0",
                    (("1", (), "one_plus_r_inv"), ("1", ("r > 0",), "one_plus_r_inv")),
                    "its inverse",
                ),
                Sum("2 >= 1 + 2 one_plus_r_inv r_sqrt", (("1", ("its inverse",), "1 - r_sqrt"),)),
            ),
        ),
    ),
    "detection": (
        Spec("detection.geometry", "P_seen = P"),
        Spec(
            "detection.target",
            "target_seen = w_star",
            prose=("an attacker that keeps its labels moves like an honest agent with the declared target",),
        ),
    ),
    "newton-helper": (
        Spec("newton-helper.objective", "u_turn = w_t - alpha Pi_U Pi_W (w_t - w_star)"),
        Spec("newton-helper.e"),
        Spec("newton-helper.one-turn"),
    ),
    "plateau-removed": (
        Spec("plateau-removed.e", "Pi_W A = A Pi_W", "commutes"),
        Spec("plateau-removed.e", "(1 - Pi_W) e_0 + Pi_W e_0 = e_0", "base"),
        Spec(
            "plateau-removed.e",
            "e_next = (1 - Pi_W) e_0 + (1 - alpha) one_minus_alpha_to_the_t A A_to_the_t Pi_W e_0",
            "step",
            argued={
                "Pi_W A_to_the_t = A_to_the_t Pi_W": "a projector that commutes with A commutes with its powers",
                "e_t = (1 - Pi_W) e_0 + one_minus_alpha_to_the_t A_to_the_t Pi_W e_0": HYPOTHESIS,
            },
            uses={"e_next = A (1 - alpha Pi_W) e_t": "newton-helper.e"},
            lines=("Pi_W Pi_W = Pi_W", "A (1 - Pi_W) = 1 - Pi_W", "Pi_W A = A Pi_W"),
        ),
        Spec(
            "plateau-removed.rate",
            "Pi_W e_next = A Pi_W Pi_W e_t - alpha A Pi_W Pi_W e_t",
            prose=("the norm of a matrix is its largest singular value", "powers of a number below 1 tend to zero"),
        ),
    ),
    "rank-limited": (
        Spec("rank-limited.e"),
        Spec("rank-limited.reduced"),
        Spec(
            "rank-limited.reduced",
            "Pi_W Pi_U Pi_W >= 0",
            "order",
            lines=("Pi_U Pi_U = Pi_U", Sum("Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_U Pi_W"),))),
        ),
        Spec(
            "rank-limited.reduced",
            "Pi_W - Pi_W Pi_U Pi_W >= 0",
            "upper",
            lines=(
                "Pi_U Pi_U = Pi_U",
                "Pi_W Pi_W = Pi_W",
                Sum("Pi_W - Pi_W Pi_U Pi_W >= 0", (("1", (), "Pi_W - Pi_U Pi_W"),)),
            ),
        ),
    ),
    "inexact-helper": (
        Spec("inexact-helper.e"),
        Spec(
            "inexact-helper.energy",
            ENERGY,
            "order",
            positive={
                "alpha >= 0": "alpha >= 0",
                "eta_W > 0": "eta_W >= 0",
                "P at most 2": "2 - P >= 0",
                "S_hat large": "2 S_hat - alpha S_W >= 0",
            },
            lines=(
                "S_hat_inv' S_hat S_hat_inv = S_hat_inv",
                "S_hat_inv' S_hat S_hat_inv = S_hat_inv'",
                "S_hat_inv = S_hat_inv'",
                Sum(
                    ENERGY,
                    (
                        ("1", ("eta_W > 0", "P at most 2"), "S_W (1 - alpha S_hat_inv S_W)"),
                        ("1", ("alpha >= 0", "S_hat large"), "S_hat_inv S_W"),
                    ),
                ),
            ),
        ),
    ),
    "blind-helper": (
        Spec("blind-helper.residual"),
        Spec("blind-helper.krylov", "1 r_0 = r_0", "base"),
        Spec(
            "blind-helper.krylov",
            "r_next = A A_to_the_t r_0",
            "step",
            argued={"r_t = A_to_the_t r_0": HYPOTHESIS},
            prose=(INDUCTION,),
        ),
    ),
    "singular-equilibrium": tuple(
        Spec(
            f"singular-equilibrium.{e}",
            argued={
                f"Pi {e}_inf = Pi {e}_0": "frozen-kernel: no turn moves that part, so neither does the limit",
                f"{m}_pinv {m} = 1 - Pi": CONTRACTS,
            },
            lines=(
                f"{m} {e}_inf = {push}",
                f"{m}_pinv {m} {e}_inf = {m}_pinv {push}"
                if e == "e"
                else f"{m}_pinv {m} {e}_inf = -{m}_pinv B P Delta",
            ),
        )
        for e, m, push in (("e", "M", "A Q Delta"), ("f", "N", "-B P Delta"))
    ),
}

# Theorems whose certificates show less than they state, and what they leave open.
PARTIAL = {
    "trained-step-is-stable": "the limits of the step and of the largest eigenvalue",
    "blind-helper": "that m + 1 answers suffice, and that no fewer do",
}

# Formulas that no certificate states, and why the theorem is none the less complete.
WORDS = {
    "linear-in-gap.G": "the definition of G",
    "inexact-helper.converges": "powers of a matrix tend to zero iff its spectral radius is below 1",
}
