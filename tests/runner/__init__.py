"""The parts of the runner behind `make test`: core.py says what a test is, each other module has one kind."""
