"""Identifiers and comments of Rocq, and the laws that every exported file opens with."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from proofs_check.rocq_terms import rocq_name

__all__ = ["LAWS", "RESERVED", "Names", "comment"]

#: The laws that every exported file opens with, and the proof that a replay is sound.
LAWS = (Path(__file__).parent / "operators.v").read_text(encoding="utf-8")

KEYWORDS = set(
    re.findall(
        r"\w+",
        "as at cofix do else end exists exists2 fix for forall fun if in let match mod return then where with Prop "
        "Set SProp Type using by Axiom Definition Theorem Lemma Proof Qed Variable Section End Module Record Class "
        "Instance",
    )
)
_FIELDS = re.findall(r"^  (\w+) :", LAWS[: LAWS.index("Declare Scope")], re.MULTILINE)
_OTHERS = re.findall(r"^(?:Definition|Class|Module|Section) (\w+)", LAWS, re.MULTILINE)
#: Identifiers that a letter may not have: `_` is appended.
RESERVED = {*KEYWORDS, *_FIELDS, *_OTHERS, "O", "words", "place", "i_", "a_", "b_", "f_equal", "eq_refl", "nat"}


class Names:
    """Identifiers, each given once."""

    def __init__(self) -> None:
        self.taken = set(RESERVED)

    def new(self, text: str) -> str:
        """Return an identifier like `text` that is not taken yet."""
        name = rocq_name(text)
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def comment(text: str) -> str:
    """Return a comment of Rocq; quotation marks and nested comment signs would be read by Rocq."""
    plain = text.replace('"', "'").replace("(*", "( *").replace("*)", "* )")
    return "(* " + textwrap.fill(plain, 114, subsequent_indent="   ") + " *)"
