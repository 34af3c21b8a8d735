"""Signed links for those without an account, and the codes that open what a link alone does not."""
