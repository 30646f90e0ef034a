"""What knows the bytes of a format: the reader beside the writer, and nothing of a study."""
