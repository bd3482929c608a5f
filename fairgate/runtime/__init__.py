"""`fairgate up`: every process of an installation, started in order, watched, and ended together.

Nothing here imports Django: the supervisor stays small, and nothing else imports this package.
"""
