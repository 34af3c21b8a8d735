"""Figures of the county: counts that say nothing about anybody."""
