"""`python -m handtint`: the command line, where the `handtint` script is not on the path."""

from handtint.cli import main

if __name__ == "__main__":
    main(prog_name="python -m handtint")
