"""Who holds the memory of the process: the map that adds up to what is resident."""
