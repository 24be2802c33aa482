"""`python -m archspec`."""

from archspec.cli.main import main

if __name__ == "__main__":
    main(prog_name="archspec")
