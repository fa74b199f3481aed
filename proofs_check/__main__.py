"""``python -m proofs_check`` is the command ``proofs-check``."""

from proofs_check.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
