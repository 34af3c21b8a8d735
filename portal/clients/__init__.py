"""Clients, who is in charge of them, deputies, search and duplicate warning."""
