"""The reviewer's guides: their content as data, and their files."""
