"""Tests of the book's own extensions."""
