"""What an attacker writes into its prompt, and certificates that no attack can do better."""
