"""Sheets of paper: said once in Python, drawn as a page and as a tagged PDF; knows no feature."""
