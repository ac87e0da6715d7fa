"""`python -m cli` is `jobwire`."""

from cli import main

if __name__ == "__main__":
    main()
