"""The twelve real cases: their data, how each is run as it is, rewritten and by an expert, and the comparison."""
