"""All theorems, how they are run and reported."""
