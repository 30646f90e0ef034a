"""The site of a build: pages to look, click and understand, without a server and without a network."""
