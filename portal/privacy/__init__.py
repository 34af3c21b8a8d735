"""A client's rights over the own data: see it, correct it, freeze it, take it along, erase it."""
