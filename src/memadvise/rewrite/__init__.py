"""Source to source, pure: parsing cells with their magics, following a frame through the notebook, editing spans."""
