"""A mark as other people's grading systems take it: one module each, which needs nothing that those systems bring."""
