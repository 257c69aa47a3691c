"""What is told of a run: on the console, as JSON, as JUnit."""
