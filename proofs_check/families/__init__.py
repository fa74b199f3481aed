"""The evidence of each family of theorems, in the module of the same name as in `theory.families`."""
