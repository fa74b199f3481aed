"""The names of the package and their homes; `__init__.py` imports each when it is first used."""

from .catalogue import formulas as formulas, statements as statements
from .derivation.assumptions import Assumption as Assumption
from .derivation.formula import Catalogue as Catalogue, Formula as Formula
from .derivation.hypotheses import Hypotheses as Hypotheses, MeasuredHypothesis as MeasuredHypothesis
from .derivation.lines import Derivation as Derivation, Step as Step
from .derivation.measure import Measurement as Measurement
from .derivation.statement import Statement as Statement
from .derivation.verification import Verification as Verification
from .errors import (
    DerivationError as DerivationError,
    InputError as InputError,
    IrrationalError as IrrationalError,
    SingularError as SingularError,
    TextError as TextError,
    TheoryError as TheoryError,
    UnknownFormulaError as UnknownFormulaError,
)
