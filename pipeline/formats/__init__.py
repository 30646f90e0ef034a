"""What knows the bytes of a format: the reader beside the writer, and nothing of a study."""


class UnreadableError(Exception):
    """A file that cannot be read as what it is said to be; the text says why, without any of its values."""
