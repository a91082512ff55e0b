"""Start feedback: `python -m feedback`."""

from feedback.main import main

if __name__ == "__main__":
    main()
