"""Certificates as files of Rocq, compiled by its kernel."""
