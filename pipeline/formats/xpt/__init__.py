"""SAS transport files: written and read back, read row by row, and read as anybody wrote them."""
