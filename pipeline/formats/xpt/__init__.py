"""SAS transport files: written, read back, read row by row, and read as somebody else wrote them."""
