"""What the book prints about certificates: a replay that adds up, and no table that hides a gap."""

import re
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from fractions import Fraction
from pathlib import Path

import pytest

from tests.families.test_dynamics import CLOSED_FORM, ERROR_RECURSION, FROZEN_KERNEL
from tests.families.test_misalignment import MONOTONE_IN_ANGLE
from tests.families.test_population import POPULATION_OPTIMUM

BOOK = Path(__file__).resolve().parents[2] / "book"
EXTENSIONS = BOOK / "_ext"
OWN = ("ledger", "results", "certificates", "replayed", "proofs")

SMALL = {
    "theorem": ERROR_RECURSION,
    "statements": [
        {
            "name": f"{ERROR_RECURSION}.e",
            "letters": {"P": "d <- d", "A": "d <- d", "e_next": "d <- 1"},
            "given": {"A": "A = 1 - P", "moved": "e_next = 0"},
            "proof": [
                {
                    "states": "2 A P = 2 P A + e_next e_next'",
                    "because": [
                        ["2", "1", "A", "P"],
                        ["-2", "P", "A", "1"],
                        ["-1", "e_next", "moved'", "1"],
                    ],
                }
            ],
        }
    ],
}


def imported(monkeypatch, name):
    """Import a module of the book; nothing of it stays for other tests."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    for module in OWN:
        sys.modules.pop(module, None)
    yield __import__(name)
    for module in OWN:
        sys.modules.pop(module, None)


@pytest.fixture
def certificates(monkeypatch):
    yield from imported(monkeypatch, "certificates")


@pytest.fixture
def replayed(monkeypatch):
    yield from imported(monkeypatch, "replayed")


def counted(words):
    """Read signed LaTeX words back into a polynomial."""
    total = Counter()
    for word in words:
        sign, number, rest = re.fullmatch(r"([+-])(\d+(?=\\,))?(?:\\, )?(.*)", word).groups()
        total[rest] += Fraction(sign + (number or "1"))
    return {word: c for word, c in total.items() if c}


def less(left, right):
    out = Counter(left)
    out.subtract(right)
    return {word: c for word, c in out.items() if c}


# The replay --------------------------------------------------------------------------------------


def test_small_line_is_multiplied_out_as_by_hand(replayed):
    shown = replayed.line(ERROR_RECURSION, f"{ERROR_RECURSION}.e", 1, SMALL)
    turned = r"e_{t+1}^{\mathsf T}"
    assert shown.states == rf"2 A P = 2 P A + e_{{t+1}} {turned}"
    assert shown.spaces == {"d <- d": ["P", "A"], "d <- 1": ["e_{t+1}"]}
    assert shown.facts == {"A": ("+A", "+P", "-1"), "moved'": ("+" + turned,)}
    assert shown.goal == (r"+2\, A P", r"-2\, P A", f"-e_{{t+1}} {turned}")
    assert [term.term for term in shown.terms] == [r"+2\, f_{1} P", r"-2\, P f_{1}", "-e_{t+1} f_{2}"]
    assert shown.terms[0].expanded == (r"+2\, A P", r"+2\, P^2", r"-2\, P")
    assert shown.terms[0].rest == (r"+2\, P", r"-2\, P A", r"-2\, P^2", f"-e_{{t+1}} {turned}")
    assert shown.terms[-1].rest == ()


@pytest.mark.parametrize(
    "place",
    [
        (ERROR_RECURSION, f"{ERROR_RECURSION}.e", 1),
        (ERROR_RECURSION, f"{ERROR_RECURSION}.f", 1),
        (FROZEN_KERNEL, f"{FROZEN_KERNEL}.projector/if 1", 2),
    ],
)
def test_printed_words_add_up(replayed, place):
    """A reader who subtracts the printed terms one by one gets what is printed, and nothing in the end."""
    shown = replayed.line(*place)
    rest = counted(shown.goal)
    for term in (*shown.sums, *shown.terms):
        rest = less(rest, counted(term.expanded))
        assert rest == counted(term.rest)
    assert shown.terms
    assert not rest


def test_what_a_form_shows_starts_from_minus_the_form(replayed):
    shown = replayed.line(FROZEN_KERNEL, f"{FROZEN_KERNEL}.projector/if 1", 2)
    assert shown.form
    assert all(word.startswith("-") for word in shown.goal)


def test_order_relation_lists_its_positive_terms(replayed):
    shown = replayed.line(MONOTONE_IN_ANGLE, f"{MONOTONE_IN_ANGLE}.sufficient", 1)
    assert len(shown.sums) == 4
    assert not shown.terms
    assert not shown.spaces
    assert r"\ge" in shown.states
    assert r"\succeq" not in shown.states


@pytest.mark.parametrize("change", ["sign", "claim", "letter"])
def test_tampered_certificate_is_not_replayed(replayed, change):
    data = deepcopy(SMALL)
    line = data["statements"][0]["proof"][0]
    if change == "sign":
        line["because"][0][0] = "-2"
    elif change == "claim":
        line["states"] = "2 A P = 3 P A + e_next e_next'"
    else:
        data["statements"][0]["letters"]["A"] = "d <- e"
    with pytest.raises(sys.modules["certificates"].CertificateError, match=rf"{ERROR_RECURSION}\.e"):
        replayed.line(ERROR_RECURSION, f"{ERROR_RECURSION}.e", 1, data)


@pytest.mark.parametrize(("name", "number"), [(f"{ERROR_RECURSION}.g", 1), (f"{ERROR_RECURSION}.e", 2)])
def test_unknown_line_is_refused_with_the_known_ones(replayed, name, number):
    with pytest.raises(sys.modules["certificates"].CertificateError, match=rf"it has {ERROR_RECURSION}\.e \(1 lines\)"):
        replayed.line(ERROR_RECURSION, name, number, SMALL)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("eta_W", r"\eta_{W}"),
        ("P_plus_Q_pinv'", r"((P + Q)^{+})^{\mathsf T}"),
        ("rho_sqrt", r"\sqrt{\rho}"),
        ("X'", r"X^{\mathsf T}"),
    ],
)
def test_letters_without_a_symbol_are_spelled(replayed, name, latex):
    assert replayed._letter(name, {}) == latex


# The tables --------------------------------------------------------------------------------------


def specified(id_, *parts):
    """A theorem of which these parts alone are specified."""
    from proofs_check import Theorem
    from proofs_check.evidence.certified import Certificate
    from proofs_check.proving.specification import Spec

    specs = {f"{id_}.{part}": (id_, Spec(f"{id_}.{part}")) for part in parts}
    bare = Theorem(id_, (), certificate=tuple(spec for _, spec in specs.values()))
    return Theorem(id_, (Certificate(bare, lambda: specs),), certificate=bare.certificate)


def test_rows_count_what_is_in_the_file(certificates, monkeypatch):
    monkeypatch.setattr(certificates, "stored", lambda: (ERROR_RECURSION,))
    monkeypatch.setattr(certificates, "certificate", lambda _: SMALL)
    (row,) = certificates.rows({ERROR_RECURSION: specified(ERROR_RECURSION, "e")})
    assert (row.statements, row.lines, row.terms) == (1, 1, 3)
    assert row.missing == (f"{ERROR_RECURSION}.f",)
    assert row.kernel != "yes"  # no kernel has seen this text
    assert row.inductions == ()


@pytest.mark.slow
def test_steps_that_rocq_completes_are_named(certificates, monkeypatch):
    from proofs_check.ledger.catalogue import theorems

    few = {id_: theorems[id_] for id_ in (ERROR_RECURSION, CLOSED_FORM)}
    monkeypatch.setattr(certificates, "stored", lambda: tuple(few))
    found = {row.theorem: row.inductions for row in certificates.rows(few)}
    assert f"{CLOSED_FORM}.e/step" in found[CLOSED_FORM]
    assert not found[ERROR_RECURSION]


def test_refused_certificate_ends_the_build(certificates, monkeypatch):
    data = deepcopy(SMALL)
    data["statements"][0]["proof"][0]["because"].pop()
    monkeypatch.setattr(certificates, "stored", lambda: (ERROR_RECURSION,))
    monkeypatch.setattr(certificates, "certificate", lambda _: data)
    with pytest.raises(certificates.CertificateError, match=f"{ERROR_RECURSION} is refused"):
        certificates.rows({ERROR_RECURSION: specified(ERROR_RECURSION, "e", "f")})


def test_gaps_are_exactly_those_explained(certificates, monkeypatch):
    from proofs_check import Theorem
    from theory import formulas

    every = [id_ for id_ in formulas if id_.startswith(CLOSED_FORM)]
    lacking = {FROZEN_KERNEL: {f"{FROZEN_KERNEL}.complement": ""}, CLOSED_FORM: dict.fromkeys(every, "")}
    monkeypatch.setattr(certificates, "uncertified", lambda theorem, _: lacking.get(theorem.id, {}))
    names = {ERROR_RECURSION: "", FROZEN_KERNEL: "a norm", CLOSED_FORM: "a limit"}
    theorems = {id_: Theorem(id_, (), unproved=why) for id_, why in names.items()}
    assert certificates.gaps(theorems) == [
        certificates.Gap(FROZEN_KERNEL, (f"{FROZEN_KERNEL}.complement",), "a norm"),
        certificates.Gap(CLOSED_FORM, (), "a limit"),
    ]
    with pytest.raises(certificates.CertificateError, match=f"no reason for {CLOSED_FORM}"):
        certificates.gaps(theorems | {CLOSED_FORM: Theorem(CLOSED_FORM, ())})
    with pytest.raises(certificates.CertificateError, match=f"covered now {ERROR_RECURSION}"):
        certificates.gaps(theorems | {ERROR_RECURSION: Theorem(ERROR_RECURSION, (), unproved="no")})


@pytest.mark.slow
@pytest.mark.many(0)
def test_every_gap_is_explained_and_no_other(certificates):
    from proofs_check import theorems

    assert certificates.gaps(theorems)


def test_parts_that_fail_alike_share_a_row(certificates):
    table = [
        ("a.e", "$P$ is small", "needed", "P = 3"),
        ("b", "$Q$ is small", "needed", "Q = 3"),
        ("a.f", "$P$ is small", "needed", "P = 3"),
        ("a.f", "$P$ is invertible", "needed", "P = 0"),
    ]
    assert certificates.necessary(table) == [
        ("a", ["e", "f"], "$P$ is small", "P = 3"),
        ("a", ["f"], "$P$ is invertible", "P = 0"),
        ("b", [""], "$Q$ is small", "Q = 3"),
    ]


def test_open_hypothesis_ends_the_build(certificates):
    with pytest.raises(certificates.CertificateError, match=r"a\.e: whether \$P\$ is small is needed is open"):
        certificates.necessary([("a.e", "$P$ is small", "open", "no counterexample is stored")])


# The directives ----------------------------------------------------------------------------------

#: A ledger of few theorems, of each kind: a page of all of them is the book's.
FEW = f"""
import certificates
from proofs_check.ledger.catalogue import theorems
for id_ in {{*theorems}} - {{{ERROR_RECURSION!r}, {FROZEN_KERNEL!r}, {CLOSED_FORM!r}, {POPULATION_OPTIMUM!r}}}:
    del theorems[id_]
every = certificates.stored()
certificates.stored = lambda: tuple(id_ for id_ in every if id_ in theorems)
"""


def build(folder, text, configuration=""):
    pytest.importorskip("sphinx")
    path = f"import sys\nsys.path[:0] = [{str(EXTENSIONS)!r}]\n"
    conf = f"{path}extensions = ['proofs']\nhtml_theme = 'basic'\n{configuration}"
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    (folder / "index.rst").write_text(f"Title\n=====\n\n{text}\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(folder), str(folder / "out")]
    run = subprocess.run(command, cwd=BOOK.parent, capture_output=True, text=True, check=False, timeout=300)
    return run, (folder / "out" / "index.html")


@pytest.mark.slow
def test_directives_print_a_page(tmp_path):
    run, page = build(
        tmp_path,
        f".. replay:: {ERROR_RECURSION} {ERROR_RECURSION}.e\n\n"
        f".. line:: {FROZEN_KERNEL} {FROZEN_KERNEL}.projector/if 1\n   :line: 2\n\n"
        ".. certificates::\n\n.. prose::\n\n.. uncertified::\n",
        FEW,
    )
    assert run.returncode == 0, run.stderr
    html = page.read_text(encoding="utf-8")
    assert r"e_{t+1} = A B e_t + A Q \Delta" in html
    assert len(re.findall(r'<table class="certificates', html)) == 6
    assert f'href="ledger.html#check-{CLOSED_FORM}"' in html
    assert "All were replayed for this page" in html


@pytest.mark.parametrize("verdict", ["needed", "open"])
@pytest.mark.slow
@pytest.mark.many(2)
def test_necessity_is_printed_only_if_every_hypothesis_is_needed(tmp_path, verdict):
    row = ("planted.e", "$M$ is invertible", verdict, "S_W = 2: |e_inf| <= 1 is false")
    stub = (
        "import proofs_check.ledger.necessity as n\n"
        f"n.necessity_rows = lambda: [{row!r}]\n"
        "n.still_assumed = list\n"
        "n.removed_rows = lambda: [('planted', '$S_W$', 'the sign of S_W does not matter')]\n"
    )
    run, page = build(tmp_path, ".. necessity::", stub)
    if verdict == "open":
        assert run.returncode != 0
        assert r"whether $M$ is invertible is needed is open" in run.stderr
        return
    assert run.returncode == 0, run.stderr
    html = page.read_text(encoding="utf-8")
    assert "S_W = 2: |e∞| ≤ 1 is false" in html
    assert "the sign of S_W does not matter" in html


@pytest.mark.slow
@pytest.mark.many(0)
def test_a_gap_without_a_reason_ends_the_build(tmp_path):
    spoilt = (
        f"{FEW}from dataclasses import replace\n"
        f"theorems[{POPULATION_OPTIMUM!r}] = replace(theorems[{POPULATION_OPTIMUM!r}], unproved='')\n"
    )
    run, _ = build(tmp_path, ".. uncertified::", spoilt)
    assert run.returncode != 0
    assert f"no reason for {POPULATION_OPTIMUM}" in run.stderr
