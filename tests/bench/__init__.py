"""How fast the desk is, and how much it takes; ``make bench`` prints it. No tests: nothing here fails."""
