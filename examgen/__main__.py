"""`python -m examgen` is the same command."""

from examgen.cli import main

if __name__ == "__main__":
    main()
