"""What the tests of several commands use."""

import pytest


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a prompt, with or without a header, and returns its path."""

    def make(name, *rows, header="a,b,y"):
        path = tmp_path / name
        path.write_text("\n".join([*([header] if header else []), *rows]) + "\n")
        return str(path)

    return make
