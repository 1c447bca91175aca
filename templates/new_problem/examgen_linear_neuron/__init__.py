"""A problem type for examgen."""
