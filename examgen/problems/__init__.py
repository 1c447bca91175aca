"""One file per problem type; `examgen.registry` finds them here by themselves."""
