"""`python -m fairgate` is `fairgate`."""

from fairgate.cli import main

if __name__ == "__main__":
    main()
