"""`python -m mockserver` is `tiktok-mock`."""

from mockserver.cli import main

if __name__ == "__main__":
    main()
