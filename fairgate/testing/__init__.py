"""What the test suite stands on: a PostgreSQL of its own, and the cast. Not part of the running product."""
