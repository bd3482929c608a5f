"""One design system for the pages of Django and of Flask."""
