"""From a derivation to a certificate."""
