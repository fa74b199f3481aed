"""What the evidence of several families uses: drawn geometries, exact agents, bounds."""
