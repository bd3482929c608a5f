"""What the core and the services agree on: no Django, no Flask, one topic a file."""
