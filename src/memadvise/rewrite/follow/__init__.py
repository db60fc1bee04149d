"""Following the frame of one read (or of any one statement) through the notebook: what is done with each column."""
