"""Pairs over labelled grids of parameters, of any size."""
