"""`python -m stance`: the command where the script is not on the path."""

from stance.cli import main

main()
