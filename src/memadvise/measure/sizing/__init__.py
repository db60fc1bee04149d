"""How much memory values hold: their deep sizes, and what changed in a namespace."""
