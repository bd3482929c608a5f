from fairgate.testing.cast import concert, elsewhere, gail, mallory, olga, riverside

__all__ = ["concert", "elsewhere", "gail", "mallory", "olga", "riverside"]
